#include "core/process/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.h"

namespace bus::process {
namespace {

using ::testing::ElementsAre;
using testing::TempFolder;

void make_file(const std::string& path, mode_t mode) {
  std::ofstream(path) << "#!/bin/sh\n";
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

TEST(Resolve, FindsTheFirstExecutableInPath) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "a");
  std::filesystem::create_directories(folder / "b/tool.d");
  make_file(folder / "a/tool", 0644);
  make_file(folder / "b/tool", 0755);
  const auto found = resolve("tool", (folder / "none") + ":" + (folder / "a") + ":" + (folder / "b"));
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, folder / "b/tool");
}

TEST(Resolve, MissingIs127AndNotExecutableIs126) {
  const TempFolder folder;
  make_file(folder / "tool", 0644);
  const auto missing = resolve("no-such-tool", folder.path());
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Code::not_found);
  EXPECT_EQ(shell_status(missing.error()), 127);
  const auto blocked = resolve("tool", folder.path());
  ASSERT_FALSE(blocked.ok());
  EXPECT_EQ(blocked.error().code, Code::denied);
  EXPECT_EQ(shell_status(blocked.error()), 126);
}

TEST(Resolve, ASlashMeansAPath) {
  const TempFolder folder;
  make_file(folder / "tool", 0755);
  EXPECT_EQ(*resolve(folder / "tool", ""), folder / "tool");
  EXPECT_EQ(*resolve("./tool", "/nowhere", folder.path()), folder / "tool");
  EXPECT_EQ(resolve(folder / "none", "").error().code, Code::not_found);
  EXPECT_EQ(resolve(folder.path() + "/", "").error().code, Code::denied);
}

TEST(Resolve, TheCurrentFolderNeverDecides) {
  const TempFolder folder;
  make_file(folder / "tool", 0755);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  for (const char* path : {"", ".", ":", "./"}) EXPECT_FALSE(resolve("tool", path).ok()) << path;
  std::filesystem::current_path(before);
}

TEST(Resolve, RefusesNamesThatAreNone) {
  EXPECT_FALSE(resolve("", "/bin").ok());
  EXPECT_FALSE(resolve(std::string_view("true\0x", 6), "/bin").ok());
}

TEST(MergeEnvironment, LaterWinsAndThePlaceStays) {
  const std::vector<std::string> base = {"A=1", "B=2", "broken", "=odd"};
  const std::vector<Variable> more = {{"B", "3"}, {"C", ""}, {"C", "4"}};
  EXPECT_THAT(merge_environment(base, more), ElementsAre("A=1", "B=3", "C=4"));
}

TEST(MergeEnvironment, LeavesOutWhatCannotBeAVariable) {
  const std::vector<Variable> more = {
      {"", "x"}, {"A=B", "x"}, {"NUL", std::string("a\0b", 3)}, {"OK", "a=b"}};
  EXPECT_THAT(merge_environment({}, more), ElementsAre("OK=a=b"));
}

TEST(OwnEnvironment, HasWhatWeHave) {
  ASSERT_EQ(::setenv("BUS_PROGRAM_TEST", "yes", 1), 0);
  EXPECT_THAT(own_environment(), ::testing::Contains("BUS_PROGRAM_TEST=yes"));
  ::unsetenv("BUS_PROGRAM_TEST");
}

}  // namespace
}  // namespace bus::process
