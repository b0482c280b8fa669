#include "core/plugin/describe.h"

#include <gtest/gtest.h>

#include "core/json/reader.h"
#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

TEST(Describe, SaysAllThatAPersonDecidesBy) {
  const auto plugin = load(testing::test_plugin("cpp_sink"));
  ASSERT_TRUE(plugin.ok());
  const std::string text = description_of((*plugin)->descriptor);
  json::Document document;
  const auto said = document.parse(text);
  ASSERT_TRUE(said.ok()) << text;
  EXPECT_EQ((*said)["name"].string_or(""), "cpp_sink");
  EXPECT_EQ((*said)["role"].string_or(""), "sink");
  EXPECT_EQ((*said)["version"].string_or(""), "1.0.0");
  EXPECT_EQ((*said)["summary"].string_or(""), "A test sink in C++.");
  EXPECT_TRUE((*said)["event_types"].is_array());
  EXPECT_EQ((*said)["options"].size(), 3u);
}

TEST(Describe, WritesOptionsInFull) {
  Descriptor descriptor;
  descriptor.name = "x";
  descriptor.abi_minor = 1;
  descriptor.event_types = {"thing"};
  OptionInfo option;
  option.name = "mode";
  option.help = "How.";
  option.type = OptionType::choice;
  option.choices = {"a", "b"};
  option.has_default = option.required = option.secret = true;
  option.fallback = "a";
  descriptor.options = {option};
  EXPECT_EQ(description_of(descriptor),
            R"({"name":"x","role":"source","version":"","summary":"","abi":")" +
                std::to_string(BUS_ABI_MAJOR) +
                R"(.1","event_types":["thing"],"options":[{"name":"mode","type":"choice","help":"How.",)" +
                R"("choices":["a","b"],"default":"a","required":true,"secret":true}]})");
}

}  // namespace
}  // namespace bus::plugin
