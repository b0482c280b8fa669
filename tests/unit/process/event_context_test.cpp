#include "core/process/event_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "core/base/file.h"
#include "tests/support/temp_folder.h"

namespace bus::process {
namespace {

using ::testing::ElementsAre;
using testing::TempFolder;

TEST(EventEnvironment, OnlyKnownSetAndCleanValues) {
  const std::vector<std::string> base = {"HOME=/h"};
  const std::vector<Variable> scalars = {{"BUS_EVENT_ID", "01J"},
                                         {"BUS_EVENT_SCOPE", ""},
                                         {"BUS_EVENT_SUBJECT", std::string("a\0b", 3)},
                                         {"LD_PRELOAD", "/evil.so"},
                                         {"BUS_TASK_STATE", "finished"}};
  EXPECT_THAT(event_environment(base, scalars),
              ElementsAre("HOME=/h", "BUS_EVENT_ID=01J", "BUS_TASK_STATE=finished"));
}

TEST(EventEnvironment, ForgetsTheEventThatStartedUs) {
  const std::vector<std::string> base = {"BUS_EVENT_ID=old", "BUS_TASK_URL=old", "TRACEPARENT=old",
                                         "BUS_STATE_DIR=/s"};
  EXPECT_THAT(event_environment(base, {}), ElementsAre("BUS_STATE_DIR=/s"));
}

TEST(EventFile, IsPrivateAndGoesAway) {
  const TempFolder folder;
  std::string path;
  {
    auto file = EventFile::write(folder / "events", R"({"seq":1})");
    ASSERT_TRUE(file.ok()) << file.error().message;
    EventFile moved = std::move(*file);
    path = moved.path();
    EXPECT_EQ(*read_file(path, 100), R"({"seq":1})");
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);
    ASSERT_EQ(::stat((folder / "events").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0700u);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(EventFile, RefusesAFolderThatOthersCanEnter) {
  const TempFolder folder;
  ::chmod(folder.path().c_str(), 0755);
  const auto file = EventFile::write(folder.path(), "{}");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, Code::denied);
}

TEST(RemoveStaleEventFiles, TakesOnlyItsOwn) {
  const TempFolder folder;
  std::ofstream(folder / "event-abc123.json") << "{}";
  std::ofstream(folder / "other.json") << "{}";
  remove_stale_event_files(folder.path());
  remove_stale_event_files(folder / "none");
  EXPECT_FALSE(std::filesystem::exists(folder / "event-abc123.json"));
  EXPECT_TRUE(std::filesystem::exists(folder / "other.json"));
}

}  // namespace
}  // namespace bus::process
