#include "core/plugin/loader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "core/base/file.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

TEST(Loader, ReadsADescriptorInC) {
  const auto plugin = load(testing::test_plugin("c_source"));
  ASSERT_TRUE(plugin.ok()) << plugin.error().message;
  const Descriptor& descriptor = (*plugin)->descriptor;
  EXPECT_EQ(descriptor.role, Role::source);
  EXPECT_EQ(descriptor.name, "c_source");
  EXPECT_EQ(descriptor.version, "0.9");
  EXPECT_TRUE(descriptor.declares("thing"));
  EXPECT_FALSE(descriptor.declares("tick"));
  EXPECT_TRUE(descriptor.needs_no_settings());
  EXPECT_EQ((*plugin)->sha256.size(), 64u);
}

TEST(Loader, ReadsADescriptorInCpp) {
  const auto plugin = load(testing::test_plugin("cpp_sink"));
  ASSERT_TRUE(plugin.ok()) << plugin.error().message;
  const Descriptor& descriptor = (*plugin)->descriptor;
  EXPECT_EQ(descriptor.role, Role::sink);
  ASSERT_EQ(descriptor.options.size(), 3u);
  EXPECT_EQ(descriptor.options[0].name, "path");
  EXPECT_EQ(descriptor.options[0].type, OptionType::path);
  EXPECT_TRUE(descriptor.options[0].required);
  EXPECT_FALSE(descriptor.options[0].has_default);
  EXPECT_EQ(descriptor.options[1].choices.size(), 12u);
  EXPECT_FALSE(descriptor.needs_no_settings());
}

TEST(Loader, RefusesAnotherAbi) {
  const auto plugin = load(testing::test_plugin("abi_two"));
  ASSERT_FALSE(plugin.ok());
  EXPECT_EQ(plugin.error().code, Code::invalid);
  EXPECT_NE(plugin.error().message.find("ABI 2"), std::string::npos) << plugin.error().message;
}

TEST(Loader, RefusesATooSmallDescriptor) {
  EXPECT_FALSE(load(testing::test_plugin("too_small")).ok());
}

TEST(Loader, RefusesALibraryThatIsNoPlugin) {
  const auto plugin = load(testing::test_plugin("no_symbol"));
  ASSERT_FALSE(plugin.ok());
  EXPECT_NE(plugin.error().message.find(BUS_PLUGIN_SYMBOL), std::string::npos) << plugin.error().message;
}

// Two plugins one after the other must not be taken for each other, whatever descriptors they were mapped
// from.
TEST(Loader, KeepsPluginsApart) {
  for (int i = 0; i < 3; ++i) {
    for (const std::string name : {"c_source", "cpp_source", "cpp_sink"}) {
      const auto plugin = load(testing::test_plugin(name));
      ASSERT_TRUE(plugin.ok());
      EXPECT_EQ((*plugin)->descriptor.name, name);
    }
  }
}

// A library that is cut is refused, or whole in all that is mapped of it (what links it and what debuggers
// read stands at its end). The process lives.
TEST(Loader, SurvivesACutEvery500Bytes) {
  testing::TempFolder folder;
  const auto whole = read_file(testing::test_plugin("c_source"), 64u << 20);
  ASSERT_TRUE(whole.ok());
  std::size_t refused = 0;
  for (std::size_t length = 0; length < whole->size(); length += 500) {
    const std::string path = folder / "cut" + std::to_string(length) + ".so";
    ASSERT_TRUE(replace_file(path, std::string_view(*whole).substr(0, length)).ok());
    const auto plugin = load(path);
    if (plugin) {
      EXPECT_EQ((*plugin)->descriptor.name, "c_source");
    } else {
      ++refused;
      EXPECT_NE(plugin.error().message.find(path), std::string::npos) << plugin.error().message;
    }
  }
  EXPECT_GT(refused, 10u);
}

TEST(Descriptor, RefusesWrongFields) {
  const char* const types[] = {"thing"};
  bus_plugin good{};
  good.abi_major = BUS_ABI_MAJOR;
  good.size = sizeof good;
  good.role = BUS_ROLE_SOURCE;
  good.name = "good", good.version = "1", good.summary = "Good.";
  good.event_types = types;
  good.event_type_count = 1;
  good.option_stride = sizeof(bus_option);
  good.create_source = [](const bus_host*, bus_error*) -> const bus_source* { return nullptr; };
  ASSERT_TRUE(read_descriptor(good).ok());

  const char* const any[] = {"*"};
  bus_plugin open = good;
  open.event_types = any;
  ASSERT_TRUE(read_descriptor(open).ok());
  EXPECT_TRUE(read_descriptor(open)->declares("whatever"));

  const auto refused = [&good](auto change) {
    bus_plugin plugin = good;
    change(plugin);
    return !read_descriptor(plugin).ok();
  };
  EXPECT_TRUE(refused([](bus_plugin& p) { p.abi_major = 0; }));
  EXPECT_TRUE(refused([](bus_plugin& p) { p.role = 3; }));
  EXPECT_TRUE(refused([](bus_plugin& p) { p.role = BUS_ROLE_SINK; }));
  EXPECT_TRUE(refused([](bus_plugin& p) { p.name = nullptr; }));
  EXPECT_TRUE(refused([](bus_plugin& p) { p.name = "Not A Word"; }));
  EXPECT_TRUE(refused([](bus_plugin& p) { p.summary = "\xff"; }));
  EXPECT_TRUE(refused([](bus_plugin& p) { p.event_types = nullptr; }));
  EXPECT_TRUE(refused([](bus_plugin& p) { p.event_type_count = 100000; }));
  EXPECT_TRUE(refused([](bus_plugin& p) { p.option_count = 1; }));
  const bus_option no_choices[] = {{"mode", nullptr, "Mode.", BUS_OPT_ENUM, 0, nullptr}};
  EXPECT_TRUE(refused([&](bus_plugin& p) { p.options = no_choices, p.option_count = 1; }));
  const bus_option newer[] = {{"mode", nullptr, "Mode.", 99, 0, nullptr}};
  EXPECT_TRUE(refused([&](bus_plugin& p) { p.options = newer, p.option_count = 1; }));
}

}  // namespace
}  // namespace bus::plugin
