#include "sources/docker/socket_watch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/fake_plugin_host.h"
#include "tests/support/temp_folder.h"

namespace bus::docker {
namespace {

namespace fs = std::filesystem;

class SocketWatchTest : public ::testing::Test {
 protected:
  bool start(const std::vector<std::string>& paths) {
    return watch_.start(paths, [this] { ++changes_; });
  }
  // Hands over what inotify has, as the host would.
  int changes() {
    const auto watches = host_.abilities.watches;
    for (const auto& [id, watch] : watches) host_.abilities.ready(watch.fd);
    return std::exchange(changes_, 0);
  }
  void make(const std::string& path) { std::ofstream(path) << 'x'; }

  bus::testing::TempFolder folder_;
  bus::testing::FakePluginHost host_{bus_plugin_v1};
  SocketWatch watch_{Host(host_.table())};
  int changes_ = 0;
};

TEST_F(SocketWatchTest, TellsWhenTheSocketComesAndNothingElse) {
  ASSERT_TRUE(start({folder_ / "a.sock", folder_ / "b.sock"}));
  make(folder_ / "other");
  EXPECT_EQ(changes(), 0);
  make(folder_ / "b.sock");
  EXPECT_EQ(changes(), 1);
  fs::rename(folder_ / "b.sock", folder_ / "a.sock");
  EXPECT_EQ(changes(), 1);
  ::chmod((folder_ / "a.sock").c_str(), 0600);
  EXPECT_EQ(changes(), 1);
}

TEST_F(SocketWatchTest, WaitsForFoldersToo) {
  ASSERT_TRUE(start({folder_ / "one/two/a.sock"}));
  make(folder_ / "two");
  EXPECT_EQ(changes(), 0);
  fs::create_directory(folder_ / "one");
  EXPECT_EQ(changes(), 1);
  ASSERT_TRUE(start({folder_ / "one/two/a.sock"}));
  fs::create_directory(folder_ / "one/two");
  EXPECT_EQ(changes(), 1);
}

TEST_F(SocketWatchTest, TellsWhenTheFolderGoes) {
  fs::create_directory(folder_ / "one");
  ASSERT_TRUE(start({folder_ / "one/a.sock"}));
  fs::remove(folder_ / "one");
  EXPECT_EQ(changes(), 1);
}

TEST_F(SocketWatchTest, IsSilentAfterStop) {
  ASSERT_TRUE(start({folder_ / "a.sock"}));
  watch_.stop();
  watch_.stop();
  make(folder_ / "a.sock");
  EXPECT_EQ(changes(), 0);
  EXPECT_TRUE(host_.abilities.watches.empty());
}

}  // namespace
}  // namespace bus::docker
