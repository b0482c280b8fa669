#include "core/cli/help.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>

#include "core/base/file.h"
#include "core/cli/verbs.h"

namespace bus::cli {
namespace {

using ::testing::HasSubstr;

// tests/golden/cli/<name>.txt; rewritten with UPDATE_GOLDEN=1.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(BUS_GOLDEN) + "/" + name + ".txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(replace_file(path, text));
    return;
  }
  const auto wanted = read_file(path, 1 << 20);
  ASSERT_TRUE(wanted) << path << " is missing: run with UPDATE_GOLDEN=1 and read what it wrote";
  EXPECT_EQ(text, *wanted) << path;
}

TEST(Help, IsAsItWasRead) {
  expect_golden("help", overview());
  expect_golden("help_events", group_help("events"));
  for (const Verb* verb : verbs()) {
    std::string name(verb->name);
    std::replace(name.begin(), name.end(), ' ', '_');
    expect_golden("help_" + name, verb_help(*verb));
  }
}

TEST(Help, EveryVerbIsCompletelyDescribed) {
  for (const Verb* verb : verbs()) {
    EXPECT_FALSE(verb->summary.empty()) << verb->name;
    EXPECT_FALSE(verb->examples.empty()) << verb->name;
    EXPECT_NE(verb->run, nullptr) << verb->name;
    for (const Example& example : verb->examples) EXPECT_THAT(example.line, HasSubstr("bus ")) << verb->name;
    for (const auto options : {verb->options, verb->filters, verb->policies}) {
      for (const Option& option : options)
        EXPECT_FALSE(option.help.empty()) << verb->name << " --" << option.name;
    }
    EXPECT_LT(verb_help(*verb).find("Examples:"), verb_help(*verb).find("Usage:")) << verb->name;
  }
}

TEST(Help, OptionsOfAVerbAreDistinct) {
  for (const Verb* verb : verbs()) {
    std::vector<std::string_view> names;
    for (const auto options : {verb->options, verb->filters, verb->policies, common_options()}) {
      for (const Option& option : options) names.push_back(option.name);
    }
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end()) << verb->name;
  }
}

}  // namespace
}  // namespace bus::cli
