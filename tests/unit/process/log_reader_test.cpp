#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <fstream>
#include <thread>

#include "core/process/run_log.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/process/read_log.h"

namespace bus::process {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TempFolder;

constexpr Time kTime{1'795'161'600'000'000};

class LogReaderTest : public ::testing::Test {
 protected:
  void write(const std::string& text, Tag tag = Tag::out) {
    ASSERT_TRUE(log_->append(tag, kTime, text).ok());
  }
  LogReader reader(LogStart start = {}) { return std::move(*LogReader::open(path_, start)); }
  static bool readable(int fd, int limit_ms) {
    pollfd wanted{fd, POLLIN, 0};
    return ::poll(&wanted, 1, limit_ms) == 1;
  }

  const TempFolder folder_;
  const std::string path_ = folder_ / "run.log";
  Result<RunLog> log_ = RunLog::open(path_, {.bytes = 300, .files = 3});
};

TEST_F(LogReaderTest, MissingIsSaid) {
  EXPECT_EQ(LogReader::open(folder_ / "none.log").error().code, Code::not_found);
}

TEST_F(LogReaderTest, GoesOnWhereItWasLater) {
  write("one\n");
  LogReader first = reader();
  EXPECT_THAT(rest_of(first), ElementsAre("out one"));
  EXPECT_THAT(rest_of(first), IsEmpty());
  const std::uint64_t offset = first.offset();
  EXPECT_EQ(offset, log_->offset());
  write("two\nthree\n");
  EXPECT_THAT(rest_of(first), ElementsAre("out two", "out three"));
  EXPECT_THAT(read_log(path_, {.offset = offset}), ElementsAre("out two", "out three"));
}

TEST_F(LogReaderTest, OffsetsSurviveRotation) {
  write("one\n");
  const std::uint64_t offset = log_->offset();
  for (int i = 0; i < 8; ++i) write("line\n");  // into a second file
  EXPECT_TRUE(std::ifstream(path_ + ".1").good());
  EXPECT_EQ(read_log(path_, {.offset = offset}).size(), 8u);
  for (int i = 0; i < 30; ++i) write("line\n");
  const auto late = read_log(path_, {.offset = offset});
  EXPECT_THAT(late.front(), ::testing::HasSubstr(" gone) out line"));
}

TEST_F(LogReaderTest, ReadsThroughRotationsWhileTheyHappen) {
  LogReader late = reader();
  std::vector<std::string> all;
  for (int i = 0; i < 50; ++i) {
    write(std::to_string(i) + "\n");
    if (i % 7 != 0) continue;
    for (std::string& line : rest_of(late)) all.push_back(std::move(line));
  }
  for (std::string& line : rest_of(late)) all.push_back(std::move(line));
  ASSERT_EQ(all.size(), 50u);
  EXPECT_EQ(all[49], "out 49");
}

TEST_F(LogReaderTest, TheLastLinesAreThoseOfBothStreams) {
  write("1\n2\n");
  write("3\n", Tag::err);
  write("4\n");
  EXPECT_THAT(read_log(path_, {.last = 2}), ElementsAre("err 3", "out 4"));
  EXPECT_THAT(read_log(path_, {.last = 0}), IsEmpty());
  EXPECT_EQ(read_log(path_, {.last = 100}).size(), 4u);
  for (int i = 0; i < 40; ++i) write("more\n");
  EXPECT_THAT(read_log(path_, {.last = 2}), ElementsAre("out more", "out more"));
}

TEST_F(LogReaderTest, APartCountsWithItsLine) {
  write(std::string(kLongestPart + 5, 'x') + "\nlast\n");
  const auto lines = read_log(path_, {.last = 2});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1], "out xxxxx");
}

TEST_F(LogReaderTest, WhatIsNoLineIsPassedOver) {
  write("one\n");
  std::ofstream(path_, std::ios::app) << "rubbish\n" << std::string(300'000, 'r') << "\nhalf a li";
  const auto lines = read_log(path_);
  EXPECT_EQ(lines.front(), "out one");
  for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_EQ(lines[i], "? no line of a");
}

TEST_F(LogReaderTest, KnowsWhetherSomebodyWrites) {
  LogReader late = reader();
  EXPECT_FALSE(late.finished());
  for (int i = 0; i < 10; ++i) write("line\n");  // the lock goes with the file
  EXPECT_FALSE(late.finished());
  ASSERT_TRUE(log_->close(kTime).ok());
  EXPECT_TRUE(late.finished());
}

TEST_F(LogReaderTest, FollowWakesForNewsAcrossRotationAndForTheEndAndForNothingElse) {
  LogReader late = reader();
  const auto fd = late.follow();
  ASSERT_TRUE(fd.ok());
  EXPECT_THAT(rest_of(late), IsEmpty());
  EXPECT_FALSE(readable(*fd, 0));
  for (int i = 0; i < 20; ++i) {
    write("line\n");
    ASSERT_TRUE(readable(*fd, 30'000)) << i;
    EXPECT_EQ(rest_of(late).size(), 1u) << i;
    EXPECT_FALSE(readable(*fd, 0)) << i;
  }
  // Others' logs, and half a line, are no news.
  ASSERT_TRUE(RunLog::open(folder_ / "other.log")->append(Tag::out, kTime, "line\n").ok());
  write("half");
  EXPECT_FALSE(readable(*fd, 0));
  ASSERT_TRUE(log_->close(kTime).ok());
  EXPECT_TRUE(readable(*fd, 30'000));
  EXPECT_THAT(rest_of(late), ElementsAre("out half~"));
  EXPECT_TRUE(late.finished());
}

TEST_F(LogReaderTest, AFollowerMissesNothingOfAFastWriter) {
  LogReader late = reader();
  const auto fd = late.follow();
  ASSERT_TRUE(fd.ok());
  std::thread writer([this] {
    for (int i = 0; i < 4000; ++i) (void)log_->append(Tag::out, kTime, std::to_string(i) + "\n");
    (void)log_->close(kTime);
  });
  // Every byte is either read or known to be gone.
  std::uint64_t at = 0;
  bool exact = true, woken = true;
  for (bool done = false;;) {
    for (auto line = late.next(); line.ok() && *line; line = late.next()) {
      exact = exact && (**line).offset == at + (**line).gone;
      at = late.offset();
    }
    if (done) break;
    done = late.finished();
    if (!done) woken = readable(*fd, 60'000) && woken;
  }
  writer.join();
  EXPECT_TRUE(exact);
  EXPECT_TRUE(woken);
  EXPECT_EQ(at, log_->offset());
}

}  // namespace
}  // namespace bus::process
