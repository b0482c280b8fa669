#include "core/plugin/manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <future>

#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ManagerTest : public ::testing::Test {
 protected:
  ManagerTest() {
    for (const std::string name : {"installed", "further"}) {
      ::mkdir((world_.folder / name).c_str(), 0755);
    }
    folders_ = {world_.folder / "installed", {world_.folder / "further"}, world_.folder / "trust.json"};
  }
  void install(const std::string& folder, const std::string& name) {
    const std::string path = world_.folder / folder + "/" + name + ".so";
    std::filesystem::copy_file(testing::test_plugin(name), path);
    ::chmod(path.c_str(), 0644);
    if (folder == "further") testing::trust(folders_.trust, path);
  }
  config::PluginTable& configure(Role role, const std::string& name) {
    auto& table = role == Role::source ? settings_.sources[name] : settings_.sinks[name];
    table.plugin = name;
    return table;
  }
  void run() {
    manager_ = std::make_unique<Manager>(world_.services(), settings_, folders_);
    manager_->start_all();
  }
  PluginStatus status(const std::string& name) {
    for (PluginStatus& one : manager_->status()) {
      if (one.name == name) return one;
    }
    ADD_FAILURE() << "no " << name;
    return {};
  }
  Result<IntakeAnswer> tell(const std::string& source, const std::string& message) {
    std::promise<Result<IntakeAnswer>> answer;
    manager_->deliver_intake(source, message, ingest::Durability::commit,
                             [&answer](Result<IntakeAnswer> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }

  testing::World world_;
  Folders folders_;
  config::Settings settings_;
  std::unique_ptr<Manager> manager_;
};

TEST_F(ManagerTest, InstalledSourcesRunWithoutSettings) {
  install("installed", "c_source");
  install("installed", "cpp_sink");
  run();
  EXPECT_TRUE(tell("c_source", "{\"do\":\"emit\"}").ok());
  EXPECT_TRUE(manager_->is_source("c_source"));
  EXPECT_FALSE(manager_->is_source("cpp_sink"));
  EXPECT_EQ(status("c_source").state.state, State::ok);
  EXPECT_EQ(status("c_source").sha256.size(), 64u);
  EXPECT_EQ(status("cpp_sink").state.state, State::off);
  EXPECT_EQ(tell("nobody", "{}").error().code, Code::not_found);
}

TEST_F(ManagerTest, ADisabledSourceIsOff) {
  install("installed", "c_source");
  configure(Role::source, "c_source").enabled = false;
  run();
  EXPECT_EQ(status("c_source").state.state, State::off);
  EXPECT_FALSE(manager_->is_source("c_source"));
}

TEST_F(ManagerTest, FurtherPluginsNeedToBeConfigured) {
  install("further", "c_source");
  install("further", "cpp_source");
  configure(Role::source, "cpp_source");
  run();
  EXPECT_EQ(status("c_source").state.state, State::off);
  EXPECT_EQ(status("c_source").sha256, "");
  EXPECT_TRUE(tell("cpp_source", "{}").ok());
}

TEST_F(ManagerTest, APluginMayRunTwice) {
  install("further", "cpp_sink");
  for (const std::string name : {"one", "two"}) {
    auto& table = settings_.sinks[name];
    table.plugin = "cpp_sink";
    table.options.options["path"] = {world_.folder / name, {}};
  }
  run();
  EXPECT_EQ(status("one").plugin, "cpp_sink");
  EXPECT_EQ(status("two").plugin, "cpp_sink");
  manager_->stop_sinks();
  EXPECT_EQ(status("two").state.state, State::stopped);
  EXPECT_TRUE(std::filesystem::exists(world_.folder / "one"));
}

TEST_F(ManagerTest, WhatIsWrongIsToldAndStopsNobody) {
  install("installed", "c_source");
  install("further", "cpp_sink");
  install("further", "abi_two");
  configure(Role::sink, "cpp_sink");                 // without its path
  configure(Role::source, "cpp_snik");               // not there
  settings_.sources["swapped"].plugin = "cpp_sink";  // a sink
  configure(Role::source, "abi_two");
  settings_.sinks["picky"].plugin = "cpp_sink";
  settings_.sinks["picky"].options.options["path"] = {world_.folder / "x", {}};
  settings_.sinks["picky"].predicate = "key ==";
  run();
  EXPECT_EQ(tell("c_source", "{}").error().code, Code::invalid);  // answered after its start
  EXPECT_EQ(status("c_source").state.state, State::ok);
  for (const std::string name : {"cpp_sink", "cpp_snik", "swapped", "abi_two", "picky"}) {
    EXPECT_EQ(status(name).state.state, State::failed) << name;
  }
  EXPECT_THAT(status("cpp_sink").state.reason, HasSubstr("path"));
  EXPECT_THAT(status("cpp_snik").state.reason, HasSubstr("cpp_sink"));
  EXPECT_THAT(status("swapped").state.reason, HasSubstr("[sinks.swapped]"));
  EXPECT_THAT(status("abi_two").state.reason, HasSubstr("ABI 2"));
  EXPECT_THAT(status("picky").state.reason, HasSubstr("predicate"));
  EXPECT_EQ(tell("abi_two", "{}").error().code, Code::unavailable);
}

TEST_F(ManagerTest, WhatIsNotTrustedIsNotMapped) {
  install("further", "cpp_source");
  install("further", "c_source");
  ASSERT_TRUE(TrustStore(folders_.trust).remove("cpp_source.so").ok());
  configure(Role::source, "cpp_source");
  run();
  EXPECT_EQ(status("cpp_source").state.state, State::failed);
  EXPECT_EQ(status("cpp_source").trust, "no");
  EXPECT_THAT(status("cpp_source").state.reason, HasSubstr("is not trusted (bus plugins trust /"));
  EXPECT_EQ(status("cpp_source").version, "");
  EXPECT_EQ(status("c_source").trust, "pinned");
}

TEST_F(ManagerTest, WhatIsThereAndNotTrustedIsToldWithoutBeingConfigured) {
  install("further", "cpp_source");
  ASSERT_TRUE(TrustStore(folders_.trust).remove("cpp_source.so").ok());
  run();
  EXPECT_EQ(status("cpp_source").state.state, State::off);
  EXPECT_THAT(status("cpp_source").state.reason, HasSubstr("bus plugins trust"));
}

TEST_F(ManagerTest, NamesOfInstalledPluginsCannotBeTaken) {
  install("installed", "c_source");
  install("further", "c_source");  // by its file's name
  install("further", "cpp_source");
  settings_.sources["c_source"].plugin = "cpp_source";  // by its instance's name
  run();
  std::vector<std::string> reasons;
  for (const PluginStatus& one : manager_->status()) {
    if (one.name == "c_source") reasons.push_back(one.state.reason);
  }
  EXPECT_THAT(reasons, ElementsAre(HasSubstr("is the name of a plugin that came with bus"), "not configured",
                                   HasSubstr("a plugin of this name came with bus")));
}

TEST_F(ManagerTest, AFolderThatIsNamedTwiceIsOneFolder) {
  install("installed", "c_source");
  install("further", "cpp_source");
  folders_.further = {folders_.installed, folders_.further[0], folders_.further[0]};
  run();
  EXPECT_EQ(manager_->status().size(), 2u);
  EXPECT_EQ(status("c_source").state.state, State::ok);
}

TEST_F(ManagerTest, AFileThatIsReplacedWhileItIsLoadedIsTold) {
  install("further", "cpp_source");
  configure(Role::source, "cpp_source");
  run();
  const std::string path = world_.folder / "further/cpp_source.so";
  EXPECT_THAT(status("cpp_source").hint, Not(HasSubstr("has changed")));
  ASSERT_TRUE(tell("cpp_source", "{}").ok());
  // Over its own bytes, as cp does, and then by another file.
  ASSERT_EQ(::truncate(path.c_str(), 100), 0);
  EXPECT_TRUE(tell("cpp_source", "{}").ok());
  EXPECT_THAT(status("cpp_source").hint, HasSubstr("has changed"));
  std::filesystem::remove(path);
  std::filesystem::copy_file(testing::test_plugin("c_source"), path);
  EXPECT_TRUE(tell("cpp_source", "{}").ok());
  manager_ = nullptr;
  run();
  EXPECT_EQ(status("cpp_source").state.state, State::failed);
  EXPECT_THAT(status("cpp_source").state.reason, HasSubstr("has changed since it was trusted"));
}

TEST_F(ManagerTest, FoldersThatAreNotThereAreEmpty) {
  folders_ = {world_.folder / "nowhere", {"/nonexistent"}, folders_.trust};
  run();
  EXPECT_TRUE(manager_->status().empty());
  manager_->stop_sources();
  manager_->stop_sinks();
  manager_->stop_sinks();
}

TEST_F(ManagerTest, EventsGoThroughFromSourceToSink) {
  install("installed", "c_source");
  install("installed", "cpp_sink");
  configure(Role::sink, "cpp_sink").options.options["path"] = {world_.folder / "out", {}};
  run();
  ASSERT_TRUE(tell("c_source", "{\"do\":\"emit\"}").ok());
  manager_->stop_sources();
  manager_->stop_sinks();
  // What came too late for this life comes in the next one.
  manager_ = std::make_unique<Manager>(world_.services(), settings_, folders_);
  manager_->start_all();
  EXPECT_THAT(world_.metrics.text(), HasSubstr("bus_sink_lag_events{sink=\"cpp_sink\"}"));
}

}  // namespace
}  // namespace bus::plugin
