#include "core/config/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/text.h"
#include "core/config/loader.h"
#include "core/json/reader.h"

namespace bus::config {
namespace {

using ::testing::HasSubstr;

TEST(Catalog, IsInOrderAndComplete) {
  std::set<std::string_view> keys;
  for (const Setting& setting : catalog()) {
    EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
    EXPECT_TRUE(setting.help.ends_with('.')) << setting.key;
    EXPECT_EQ(find_setting(setting.key), &setting);
  }
  EXPECT_EQ(find_setting("http.lisen"), nullptr);
}

TEST(Catalog, TellsTheKind) {
  EXPECT_EQ(name(find_setting("http.listen")->kind()), "string");
  EXPECT_EQ(name(find_setting("http.workers")->kind()), "integer");
  EXPECT_EQ(name(find_setting("store.prune_unread")->kind()), "boolean");
  EXPECT_EQ(name(find_setting("store.keep_age")->kind()), "duration");
  EXPECT_EQ(name(find_setting("store.keep_bytes")->kind()), "size");
  EXPECT_EQ(name(find_setting("plugins.directories")->kind()), "list of strings");
}

// With every '#' before a setting taken away the sample is a valid file that says the defaults.
TEST(Sample, UncommentedIsTheDefaults) {
  std::string text;
  const std::string shown = sample();
  for (std::string_view line : split(shown, '\n')) {
    if (line.starts_with('#') && !line.starts_with("# ")) line.remove_prefix(1);
    text += std::string(line) + "\n";
  }
  const Loaded loaded = load_text(text, "sample");
  ASSERT_TRUE(loaded.ok()) << to_error(loaded.problems).message;
  const Settings defaults;
  for (const Setting& setting : catalog()) {
    EXPECT_EQ(value_text(setting, loaded.settings), value_text(setting, defaults)) << setting.key;
    EXPECT_EQ(loaded.settings.origin(setting.key), Origin::file) << setting.key;
  }
}

TEST(Sample, AsItStandsChangesNothing) {
  const Loaded loaded = load_text(sample(), "sample");
  EXPECT_TRUE(loaded.ok());
  EXPECT_TRUE(loaded.settings.set_by.empty());
}

TEST(Schema, IsJsonWithEverySetting) {
  json::Document document;
  const auto root = document.parse(schema());
  ASSERT_TRUE(root.ok()) << root.error().message;
  for (const Setting& setting : catalog()) {
    const auto dot = setting.key.find('.');
    const json::Node node =
        (*root)["properties"][setting.key.substr(0, dot)]["properties"][setting.key.substr(dot + 1)];
    EXPECT_EQ(node["description"].string_or(""), setting.help) << setting.key;
    EXPECT_TRUE(node["default"].exists()) << setting.key;
  }
  EXPECT_TRUE((*root)["properties"]["sinks"].is_object());
}

TEST(Show, IsOneObjectALine) {
  const Loaded loaded =
      load_text("[http]\nlisten = \"127.0.0.1:0\"\n[sources.fs]\npath = \"/x\"\n", "c.toml");
  const std::string shown = show_json(loaded.settings);
  for (std::string_view line : split(trim(shown), '\n')) {
    json::Document document;
    ASSERT_TRUE(document.parse(line).ok()) << line;
  }
  EXPECT_THAT(
      shown,
      HasSubstr(R"({"key":"http.listen","value":"127.0.0.1:0","origin":"file","place":"c.toml:2:10",)"));
  EXPECT_THAT(shown,
              HasSubstr(R"({"key":"sources.fs.path","value":"/x","origin":"file","place":"c.toml:4:8"})"));
  EXPECT_THAT(shown, HasSubstr(R"("key":"http.workers","value":16,"origin":"default","default":16,)"));
}

}  // namespace
}  // namespace bus::config
