#include "core/process/run_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "core/base/file.h"
#include "core/process/log_line.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/process/read_log.h"

namespace bus::process {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TempFolder;

constexpr Time kTime{1'795'161'600'000'000};

class RunLogTest : public ::testing::Test {
 protected:
  RunLog open(LogBounds bounds = {}) {
    auto log = RunLog::open(path_, bounds);
    if (!log) throw std::runtime_error(log.error().message);
    return std::move(*log);
  }
  const TempFolder folder_;
  const std::string path_ = folder_ / "logs/run.log";
};

TEST_F(RunLogTest, IsPrivateAndHoldsWholeLines) {
  RunLog log = open();
  ASSERT_TRUE(log.append(Tag::out, kTime, "one\ntw").ok());
  ASSERT_TRUE(log.append(Tag::err, kTime, "bad\n").ok());
  ASSERT_TRUE(log.append(Tag::out, kTime, "o\nrest").ok());
  struct stat file {};
  struct stat folder {};
  ASSERT_EQ(::stat(path_.c_str(), &file), 0);
  ASSERT_EQ(::stat((folder_ / "logs").c_str(), &folder), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  EXPECT_EQ(folder.st_mode & 0777, 0700u);
  EXPECT_THAT(read_log(path_), ElementsAre("out one", "err bad", "out two"));
  ASSERT_TRUE(log.close(kTime).ok());
  ASSERT_TRUE(log.close(kTime).ok());
  EXPECT_FALSE(log.append(Tag::out, kTime, "late").ok());
  EXPECT_THAT(read_log(path_), ElementsAre("out one", "err bad", "out two", "out rest~"));
  EXPECT_EQ(*read_file(path_, 1000),
            "2026-11-20T08:00:00.000000000Z stdout F one\n2026-11-20T08:00:00.000000000Z stderr F bad\n"
            "2026-11-20T08:00:00.000000000Z stdout F two\n2026-11-20T08:00:00.000000000Z stdout P rest\n");
}

TEST_F(RunLogTest, OneWriterAtATime) {
  RunLog log = open();
  EXPECT_EQ(RunLog::open(path_, {}).error().code, Code::conflict);
  ASSERT_TRUE(log.append(Tag::out, kTime, "old\n").ok());
  ASSERT_TRUE(log.close(kTime).ok());
  RunLog again = open();
  EXPECT_THAT(read_log(path_), IsEmpty());
}

TEST_F(RunLogTest, RotatesAndSaysWhatIsGone) {
  RunLog log = open({.bytes = 300, .files = 2});  // six lines of 45 bytes
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(log.append(Tag::out, kTime, "l" + std::to_string(i + 10) + "x\n").ok());
  EXPECT_EQ(log.offset(), 20u * 45);
  const auto lines = read_log(path_);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(), "out l29x");
  const std::size_t missing = 20 - lines.size();
  EXPECT_EQ(lines.front(),
            "(" + std::to_string(missing * 45) + " gone) out l" + std::to_string(10 + missing) + "x");
  EXPECT_FALSE(read_file(path_ + ".2", 1000).ok());
  for (const char* part : {"", ".1"}) EXPECT_LE(read_file(path_ + part, 1000)->size(), 300u);
  EXPECT_EQ(log.dropped(), 0u);
}

TEST_F(RunLogTest, ALineLargerThanTheBoundIsKeptAlone) {
  RunLog log = open({.bytes = 1000, .files = 2});
  const std::string large(5000, 'x');
  ASSERT_TRUE(log.append(Tag::out, kTime, "a\n" + large + "\nb\n").ok());
  EXPECT_THAT(read_log(path_), ElementsAre("(42 gone) out " + large, "out b"));
}

// A bound of the process's on the size of files is a full disk as far as write() is concerned.
TEST_F(RunLogTest, AFullDiskIsCountedToldAndLeftBehind) {
  RunLog log = open();
  ASSERT_TRUE(log.append(Tag::out, kTime, "before\n").ok());
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 70, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const Status first = log.append(Tag::out, kTime, "this does not fit\n");
  const Status second = log.append(Tag::err, kTime, "nor this\n");
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_DFL);
  EXPECT_FALSE(first.ok());
  EXPECT_FALSE(second.ok());
  EXPECT_EQ(log.dropped(), 27u);
  ASSERT_TRUE(log.append(Tag::out, kTime, "after\n").ok());
  EXPECT_EQ(log.dropped(), 27u);
  EXPECT_THAT(read_log(path_), ElementsAre("out before", "(27 gone) out after"));
  ASSERT_TRUE(log.close(kTime).ok());
}

TEST_F(RunLogTest, WhatIsMissingAtTheEndIsToldToo) {
  auto log = open();
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 10, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_FALSE(log.append(Tag::out, kTime, "this does not fit\n").ok());
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_DFL);
  ASSERT_TRUE(log.close(kTime).ok());
  auto reader = LogReader::open(path_);
  EXPECT_FALSE(reader->next()->has_value());
  EXPECT_EQ(reader->gone(), 18u);
}

TEST_F(RunLogTest, NoProgramCanWriteARemark) {
  RunLog log = open();
  ASSERT_TRUE(log.append(Tag::out, kTime, "2026-11-20T08:00:00.000000000Z bus F lost=5\n").ok());
  EXPECT_THAT(read_log(path_), ElementsAre("out 2026-11-20T08:00:00.000000000Z bus F lost=5"));
}

}  // namespace
}  // namespace bus::process
