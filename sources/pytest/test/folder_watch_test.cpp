#include "sources/pytest/folder_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "tests/support/fake_plugin_host.h"
#include "tests/support/temp_folder.h"

namespace bus::pytest {
namespace {

namespace fs = std::filesystem;
using bus::testing::FakePluginHost;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kLongAgo = 1;

class FolderWatchTest : public ::testing::Test {
 protected:
  // What the folder has come to: "name: content" of each file found, and then nothing more waits.
  std::vector<std::string> found() {
    for (int i = 0; i < 20; ++i) {
      const auto watches = host.abilities.watches;
      for (const auto& [id, watch] : watches) host.abilities.ready(watch.fd);
    }
    return std::exchange(found_, {});
  }
  void watch(const std::string& path, std::int64_t since_us = 0) {
    watch_ = std::make_unique<FolderWatch>(
        Host(host.table()), std::vector<std::string>{path},
        [this](const FoundFile& file) {
          found_.push_back(fs::path(file.path).filename().string() + ": " + file.content);
        },
        [this](const Status& status) { looked.push_back(status.ok() ? "ok" : status.message()); });
    EXPECT_TRUE(watch_->start(since_us).ok());
  }
  static void write(const std::string& path, const std::string& content) { std::ofstream(path) << content; }

  FolderWatchTest() { host.now_us = 4'000'000'000'000'000; }
  bus::testing::TempFolder folder;
  FakePluginHost host{bus_plugin_v1};
  std::vector<std::string> looked;

 private:
  std::vector<std::string> found_;
  std::unique_ptr<FolderWatch> watch_;
};

TEST_F(FolderWatchTest, FindsFilesThatAreWrittenOrMovedIn) {
  watch(folder.path());
  write(folder / "a.xml", "one");
  write(folder / "note.txt", "no report");
  write(folder / ".hidden.xml", "hidden");
  EXPECT_THAT(found(), ElementsAre("a.xml: one"));
  write(folder / "b.tmp", "two");
  fs::rename(folder / "b.tmp", folder / "b.jsonl");
  EXPECT_THAT(found(), ElementsAre("b.jsonl: two"));
  EXPECT_THAT(looked, ElementsAre("ok"));
}

TEST_F(FolderWatchTest, WhatWasThereIsReadOnlyWhereItIsNewer) {
  write(folder / "a.xml", "one");
  watch(folder.path());
  EXPECT_THAT(found(), IsEmpty());
  watch(folder.path(), kLongAgo);
  EXPECT_THAT(found(), ElementsAre("a.xml: one"));
}

TEST_F(FolderWatchTest, LinksAndFoldersAreNoReports) {
  watch(folder.path());
  fs::create_directory(folder / "d.xml");
  fs::create_symlink("/etc/passwd", folder / "link.xml");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(FolderWatchTest, AFolderThatIsNotThereIsWaitedFor) {
  host.now_us = 3'000'000;  // so that all there is was written since
  watch(folder / "build/reports");
  ASSERT_EQ(looked.size(), 1u);
  EXPECT_THAT(looked[0], HasSubstr("No such file"));
  fs::create_directories(folder / "build/reports");
  write(folder / "build/reports/a.xml", "one");
  EXPECT_THAT(found(), ::testing::Contains("a.xml: one"));
  EXPECT_EQ(looked.back(), "ok");
  write(folder / "build/reports/b.xml", "two");
  EXPECT_THAT(found(), ElementsAre("b.xml: two"));
}

TEST_F(FolderWatchTest, AFolderThatGoesAwayIsWatchedAgainWhenItIsBack) {
  host.now_us = 3'000'000;
  fs::create_directory(folder / "reports");
  watch(folder / "reports");
  fs::remove_all(folder / "reports");
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_NE(looked.back(), "ok");
  fs::create_directory(folder / "reports");
  write(folder / "reports/a.xml", "one");
  EXPECT_THAT(found(), ::testing::Contains("a.xml: one"));
  EXPECT_EQ(looked.back(), "ok");
}

}  // namespace
}  // namespace bus::pytest
