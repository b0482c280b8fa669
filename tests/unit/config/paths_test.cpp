#include "core/config/paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "tests/support/temp_folder.h"

namespace bus::config {
namespace {

using ::testing::HasSubstr;
using testing::TempFolder;

Result<Paths> find(std::map<std::string, std::string, std::less<>> variables) {
  return find_paths([variables](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(FindPaths, FromHome) {
  const auto paths = find({{"HOME", "/home/me/"}});
  ASSERT_TRUE(paths.ok());
  EXPECT_EQ(paths->config_file(), "/home/me/.config/bus/config.toml");
  EXPECT_EQ(paths->database(), "/home/me/.local/state/bus/bus.db");
  EXPECT_EQ(paths->socket(), "/tmp/bus-" + std::to_string(::geteuid()) + "/bus.sock");
}

TEST(FindPaths, XdgOverHomeAndOursOverXdg) {
  const auto paths = find({{"HOME", "/h"},
                           {"XDG_CONFIG_HOME", "/xc"},
                           {"XDG_STATE_HOME", "relative/is/ignored"},
                           {"XDG_RUNTIME_DIR", "/run/user/7"},
                           {"BUS_CONFIG_DIR", "/mine/"}});
  ASSERT_TRUE(paths.ok());
  EXPECT_EQ(paths->config, "/mine");
  EXPECT_EQ(paths->state, "/h/.local/state/bus");
  EXPECT_EQ(paths->runtime, "/run/user/7/bus");
}

TEST(FindPaths, ARelativePathOfOursIsAnError) {
  const auto paths = find({{"HOME", "/h"}, {"BUS_STATE_DIR", "state"}});
  ASSERT_FALSE(paths.ok());
  EXPECT_EQ(paths.error().code, Code::config);
  EXPECT_THAT(paths.error().message, HasSubstr("BUS_STATE_DIR"));
}

TEST(FindPaths, ASocketPathMustFit) {
  const std::string longest = "/" + std::string(kMaxSocketPath - 1 - std::string("/bus.sock").size(), 'r');
  EXPECT_TRUE(find({{"HOME", "/h"}, {"BUS_RUNTIME_DIR", longest}}).ok());
  const auto paths = find({{"HOME", "/h"}, {"BUS_RUNTIME_DIR", longest + "r"}});
  ASSERT_FALSE(paths.ok());
  EXPECT_THAT(paths.error().hint, HasSubstr("BUS_RUNTIME_DIR"));
}

TEST(CheckRuntime, OnlyAFolderOfOursAlone) {
  const TempFolder folder;
  Paths paths{folder / "c", folder / "s", folder / "r"};
  EXPECT_EQ(check_runtime(paths).error().code, Code::not_found);
  ASSERT_TRUE(make_folders(paths).ok());
  EXPECT_TRUE(check_runtime(paths).ok());
  struct stat info {};
  for (const std::string& made : {paths.config, paths.state, paths.runtime}) {
    ASSERT_EQ(::stat(made.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0700u);
  }
  ::chmod(paths.runtime.c_str(), 0750);
  EXPECT_THAT(check_runtime(paths).error().message, HasSubstr("open to others"));
  EXPECT_FALSE(make_folders(paths).ok());
  std::filesystem::create_directory_symlink(paths.state, folder / "link");
  paths.runtime = folder / "link";
  EXPECT_THAT(check_runtime(paths).error().message, HasSubstr("symbolic link"));
}

TEST(ProcessEnvironment, IsTheProcessesOwn) {
  ASSERT_EQ(::setenv("BUS_PATHS_TEST", "x", 1), 0);
  EXPECT_EQ(process_environment()("BUS_PATHS_TEST"), "x");
  ::unsetenv("BUS_PATHS_TEST");
  EXPECT_EQ(process_environment()("BUS_PATHS_TEST"), std::nullopt);
}

}  // namespace
}  // namespace bus::config
