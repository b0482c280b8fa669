#include "core/plugin/confine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/file.h"
#include "tests/support/temp_folder.h"

namespace bus::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ConfineTest : public ::testing::Test {
 protected:
  ConfineTest() {
    for (const char* name : {"home", "home/bus", "home/data"}) {
      std::filesystem::create_directory(folder_ / name);
    }
    plugin_.descriptor.options.resize(2);
    plugin_.descriptor.options[0].name = "path";
    plugin_.descriptor.options[0].type = OptionType::path;
    plugin_.descriptor.options[1].name = "word";
  }
  Result<std::shared_ptr<const Plugin>> confined() {
    return confine(plugin_, table_, options_, {folder_ / "home/bus"});
  }
  std::vector<std::string> files_for(const std::string& path) {
    options_["path"].texts = {path};
    const auto plugin = confined();
    return plugin ? (*plugin)->confinement.allowed.files : std::vector<std::string>{plugin.error().message};
  }

  std::vector<std::string> out_of_reach() {
    const auto plugin = confined();
    return plugin ? (*plugin)->confinement.out_of_reach : std::vector<std::string>{plugin.error().message};
  }

  testing::TempFolder folder_;
  Plugin plugin_;
  config::PluginTable table_;
  Options options_;
};

TEST_F(ConfineTest, NothingIsAllowedUnasked) {
  options_["word"].texts = {"/etc"};
  const auto plugin = confined();
  ASSERT_TRUE(plugin.ok());
  const Confinement& bounds = (*plugin)->confinement;
  EXPECT_FALSE(bounds.allowed.network || bounds.allowed.unix_sockets || bounds.programs);
  EXPECT_THAT(bounds.allowed.files, IsEmpty());
  EXPECT_EQ(bounds.memory, 256u << 20);
  EXPECT_EQ(bounds.call_timeout, seconds(10));
}

TEST_F(ConfineTest, WordsAllow) {
  table_.allow = {"network", "unix", "programs", "files:" + folder_ / "home/data"};
  table_.memory = 64u << 20;
  table_.call_timeout = seconds(2);
  const auto plugin = confined();
  ASSERT_TRUE(plugin.ok()) << plugin.error().message;
  const Confinement& bounds = (*plugin)->confinement;
  EXPECT_TRUE(bounds.allowed.network && bounds.allowed.unix_sockets && bounds.programs);
  EXPECT_THAT(bounds.allowed.files, ElementsAre(folder_ / "home/data"));
  EXPECT_EQ(bounds.memory, 64u << 20);
  EXPECT_EQ(bounds.call_timeout, seconds(2));
}

TEST_F(ConfineTest, RefusesWhatItDoesNotKnowAndWhatIsItsOwn) {
  const std::pair<std::string, const char*> kWrong[] = {
      {"everything", "does not know 'everything'"},
      {"files:data", "needs an absolute path"},
      {"files:/", "files of bus itself"},
      {"files:" + folder_ / "home", "files of bus itself"},
      {"files:" + folder_ / "home/bus/", "files of bus itself"},
      {"files:" + folder_ / "home/bus/secrets", "of bus itself"}};
  for (const auto& [word, said] : kWrong) {
    table_.allow = {word};
    const auto plugin = confined();
    ASSERT_FALSE(plugin.ok()) << word;
    EXPECT_EQ(plugin.error().code, Code::config);
    EXPECT_THAT(plugin.error().message, HasSubstr(said));
  }
}

TEST_F(ConfineTest, OptionsOfTypePathAllow) {
  EXPECT_THAT(files_for(folder_ / "home/data"), ElementsAre(folder_ / "home/data"));
  EXPECT_THAT(files_for(folder_ / "home/data/out.ndjson"), ElementsAre(folder_ / "home/data"));
  // Its folder holds bus's own files: only the file itself.
  EXPECT_THAT(files_for(folder_ / "home/out.ndjson"), ElementsAre(folder_ / "home/out.ndjson"));
  EXPECT_THAT(files_for(folder_ / "home"), IsEmpty());
  EXPECT_THAT(files_for(folder_ / "home/bus/bus.db"), IsEmpty());
  std::filesystem::create_symlink(folder_ / "home/bus", folder_ / "home/data/link");
  EXPECT_THAT(files_for(folder_ / "home/data/link/bus.db"), IsEmpty());
}

TEST_F(ConfineTest, SaysWhatStaysOutOfReach) {
  options_["path"].texts = {folder_ / "home/data/out.ndjson"};  // can be made: its folder is given
  EXPECT_THAT(out_of_reach(), IsEmpty());
  options_["path"].texts = {folder_ / "home/out.ndjson"};
  EXPECT_THAT(out_of_reach(), ElementsAre(folder_ / "home/out.ndjson"));
  std::ofstream(folder_ / "home/out.ndjson") << "there";
  EXPECT_THAT(out_of_reach(), IsEmpty());
  options_["path"].texts = {folder_ / "home", folder_ / "home/bus/bus.db"};
  EXPECT_THAT(out_of_reach(), ElementsAre(folder_ / "home", folder_ / "home/bus/bus.db"));
}

TEST(CheckUnconfined, WhatOnlyAProcessCanHoldNeedsOne) {
  config::PluginTable table;
  EXPECT_TRUE(check_unconfined(table).ok());
  table.memory = 1u << 30;
  EXPECT_EQ(check_unconfined(table).error().code, Code::config);
}

}  // namespace
}  // namespace bus::plugin
