#include "sinks/file/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <filesystem>

#include "sinks/file/rotation.h"
#include "sinks/file/test/lines.h"
#include "tests/support/temp_folder.h"

namespace bus::file {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string unpacked(const std::string& path) {
  std::string out;
  const gzFile file = ::gzopen(path.c_str(), "rb");
  char piece[4096];
  for (int got = 0; (got = ::gzread(file, piece, sizeof piece)) > 0;)
    out.append(piece, static_cast<std::size_t>(got));
  EXPECT_EQ(::gzclose(file), Z_OK);
  return out;
}

class KeeperTest : public ::testing::Test {
 protected:
  // A full file that ends with that event.
  std::string full(std::uint64_t seq) {
    const std::string path = rotated_path(path_, {seq, id_of(seq)});
    put_contents(path, event_lines(seq, seq, 1000));
    return path;
  }
  void tidy(Keeping keeping) {
    Keeper keeper(path_, keeping, [this](const std::string& problem) { problem_ = problem; });
    keeper.wake();
    keeper.wait();
    keeper.stop();
    keeper.stop();
  }

  testing::TempFolder folder_;
  std::string path_ = folder_ / "events.ndjson", problem_;
  std::atomic<bool> stop_{false};
};

TEST_F(KeeperTest, APackedFileHoldsTheSameBytesModeAndTime) {
  const std::string path = full(1), bytes = contents(path);
  ::chmod(path.c_str(), 0640);
  const auto time = fs::last_write_time(path) - std::chrono::hours(5);
  fs::last_write_time(path, time);
  ASSERT_TRUE(pack(path, stop_).ok());
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(unpacked(path + ".gz"), bytes);
  EXPECT_EQ(fs::last_write_time(path + ".gz"), time);
  EXPECT_EQ(fs::status(path + ".gz").permissions(), static_cast<fs::perms>(0640));
}

TEST_F(KeeperTest, AnInterruptedOneLeavesTheFileAndIsDoneAgain) {
  const std::string path = full(1), bytes = contents(path);
  stop_ = true;
  EXPECT_EQ(pack(path, stop_).code(), Code::stopping);
  EXPECT_EQ(contents(path), bytes);
  EXPECT_FALSE(fs::exists(path + ".gz.tmp"));
  put_contents(path + ".gz.tmp", "half");  // of a process that was killed
  stop_ = false;
  ASSERT_TRUE(pack(path, stop_).ok());
  EXPECT_EQ(unpacked(path + ".gz"), bytes);
}

TEST_F(KeeperTest, AWholePackedFileBesideItsPlainOneWins) {
  const std::string path = full(1);
  put_contents(path + ".gz", "whole");
  tidy({0, true});
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(contents(path + ".gz"), "whole");
}

TEST_F(KeeperTest, KeepsTheNewest) {
  for (std::uint64_t seq = 1; seq <= 5; ++seq) full(seq);
  put_contents(rotated_path(path_, {2, id_of(2)}) + ".gz", "");
  put_contents(path_ + ".note", "mine");
  tidy({2, false});
  const auto left = list_rotated(path_);
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].last.seq, 4u);
  EXPECT_EQ(left[1].last.seq, 5u);
  EXPECT_TRUE(fs::exists(path_ + ".note"));
}

TEST_F(KeeperTest, PacksAllThatIsKept) {
  for (std::uint64_t seq = 1; seq <= 4; ++seq) full(seq);
  tidy({3, true});
  const auto left = list_rotated(path_);
  ASSERT_EQ(left.size(), 3u);
  for (const Rotated& one : left) EXPECT_TRUE(one.packed && !one.plain);
  EXPECT_EQ(problem_, "");
}

TEST_F(KeeperTest, WithoutAnythingToDoItDoesNothing) {
  const std::string path = full(1);
  tidy({});
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(KeeperTest, AProblemIsToldAndTheFileStays) {
  const std::string path = full(1);
  fs::create_directory(path + ".gz");  // nothing can get that name
  put_contents(path + ".gz/x", "");
  EXPECT_EQ(pack(path, stop_).code(), Code::unavailable);
  EXPECT_TRUE(fs::exists(path));
  EXPECT_FALSE(fs::exists(path + ".gz.tmp"));
}

}  // namespace
}  // namespace bus::file
