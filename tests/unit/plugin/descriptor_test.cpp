#include "core/plugin/descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "core/config/settings.h"
#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const bus_source* no_source(const bus_host*, bus_error*) {
  return nullptr;
}
const bus_sink* no_sink(const bus_host*, bus_error*) {
  return nullptr;
}

// A plugin with string options of these names.
Result<Descriptor> read(bool sink, const std::vector<std::string>& names) {
  std::vector<bus_option> options;
  options.reserve(names.size());
  for (const std::string& name : names)
    options.push_back({name.c_str(), nullptr, "What it is.", BUS_OPT_STRING, 0, nullptr});
  const char* types[] = {"note"};
  bus_plugin plugin{};
  plugin.abi_major = BUS_ABI_MAJOR, plugin.abi_minor = BUS_ABI_MINOR, plugin.size = sizeof plugin;
  plugin.role = sink ? BUS_ROLE_SINK : BUS_ROLE_SOURCE;
  plugin.name = "mine", plugin.version = "1", plugin.summary = "Mine.";
  if (sink) {
    plugin.create_sink = no_sink;
  } else {
    plugin.event_types = types, plugin.event_type_count = 1, plugin.create_source = no_source;
  }
  plugin.options = options.data(), plugin.option_count = static_cast<std::uint32_t>(options.size());
  plugin.option_stride = sizeof(bus_option);
  return read_descriptor(plugin);
}

TEST(Descriptor, RefusesOptionsThatTheHostWouldSwallow) {
  for (const bool sink : {false, true}) {
    for (const std::string_view key : config::host_keys(sink)) {
      const auto got = read(sink, {"path", std::string(key)});
      ASSERT_FALSE(got.ok()) << key;
      EXPECT_EQ(got.error().code, Code::invalid);
      EXPECT_THAT(got.error().message,
                  AllOf(HasSubstr("option " + std::string(key) + " "),
                        HasSubstr(sink ? "every sink's table" : "every source's table")));
    }
  }
}

TEST(Descriptor, RefusesNamesThatAreKeptForLaterHosts) {
  const auto got = read(false, {"host_name"});
  ASSERT_FALSE(got.ok());
  EXPECT_THAT(got.error().message, HasSubstr("option host_name has a name that bus keeps"));
}

TEST(Descriptor, KeysOfSinksAreFreeForSources) {
  const auto source = read(false, {"predicate", "batch", "from"});
  ASSERT_TRUE(source.ok()) << source.error().message;
  EXPECT_EQ(source->options.size(), 3u);
}

TEST(Descriptor, RefusesTwoOptionsOfOneName) {
  const auto got = read(true, {"path", "other", "path"});
  ASSERT_FALSE(got.ok());
  EXPECT_THAT(got.error().message, HasSubstr("option path is there twice"));
}

}  // namespace
}  // namespace bus::plugin
