#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "core/process/run_log.h"
#include "tests/support/temp_folder.h"

namespace bus::process {
namespace {

using testing::TempFolder;

class PruneLogs : public ::testing::Test {
 protected:
  // A file of that size that was written so many seconds ago.
  std::string make(const std::string& name, std::size_t bytes, int age) {
    const std::string path = folder_ / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << std::string(bytes, 'x');
    const time_t when = static_cast<time_t>(system_clock().now().us / 1'000'000) - age;
    const timespec times[2] = {{when, 0}, {when, 0}};
    ::utimensat(AT_FDCWD, path.c_str(), times, 0);
    return path;
  }
  static bool there(const std::string& path) { return std::filesystem::exists(path); }

  const TempFolder folder_;
};

TEST_F(PruneLogs, RemovesTheLongestUnwrittenWithAllTheirParts) {
  const auto oldest = make("a/1.log", 100, 400), part = make("a/1.log.1", 500, 500);
  const auto middle = make("b/2.log", 100, 300), newest = make("3.log", 100, 200);
  const auto other = make("notes.txt", 10'000, 9000);
  const auto pruned = prune_logs(folder_.path(), 250);
  ASSERT_TRUE(pruned.ok());
  EXPECT_EQ(pruned->logs, 1u);
  EXPECT_EQ(pruned->bytes, 600u);
  EXPECT_FALSE(there(oldest) || there(part));
  EXPECT_TRUE(there(middle) && there(newest) && there(other));
  EXPECT_EQ(prune_logs(folder_.path(), 250)->logs, 0u);
}

TEST_F(PruneLogs, LeavesAloneWhatIsBeingWritten) {
  auto log = RunLog::open(folder_ / "live.log", {.bytes = 300, .files = 2});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log->append(Tag::out, system_clock().now(), "line\n").ok());
  EXPECT_EQ(prune_logs(folder_.path(), 0)->logs, 0u);
  EXPECT_TRUE(there(folder_ / "live.log.1"));
  ASSERT_TRUE(log->close(system_clock().now()).ok());
  EXPECT_EQ(prune_logs(folder_.path(), 0)->logs, 1u);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(PruneLogs, LeavesTheYoungAndEmptyAndRemovesWhatIsHalfMade) {
  const auto young = make("young.log", 0, 1), half = make("half.log.new", 10, 1000);
  EXPECT_TRUE(prune_logs(folder_.path(), 0).ok());
  EXPECT_TRUE(there(young));
  EXPECT_FALSE(there(half));
}

TEST_F(PruneLogs, NoFolderIsNoTrouble) {
  EXPECT_EQ(prune_logs(folder_ / "none", 0)->logs, 0u);
}

}  // namespace
}  // namespace bus::process
