#include "core/log/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/base/unique_fd.h"
#include "core/json/reader.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace bus::log {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct LogTest : ::testing::Test {
  Options options(Format format = Format::text) {
    return {.level = Level::info, .format = format, .fd = fd.get()};
  }
  std::string written() { return *read_file(path, 1 << 24); }
  std::size_t lines() { return split(written(), '\n').size() - 1; }

  testing::FakeClock clock;
  testing::TempFolder folder;
  std::string path = folder / "log";
  UniqueFd fd{::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600)};
};

TEST_F(LogTest, WritesFromItsLevelUp) {
  Logger logger(options(), clock);
  logger.write(Level::debug, "hidden");
  logger.write(Level::info, "shown", {{"n", 1}});
  logger.set_level(Level::off);
  logger.write(Level::error, "hidden");
  EXPECT_THAT(written(), EndsWith("Z info    shown n=1\n"));
  EXPECT_EQ(lines(), 1u);
}

TEST_F(LogTest, RepeatsAreHeldBackAndTold) {
  Options few = options();
  few.burst = 3;
  Logger logger(few, clock);
  for (int i = 0; i < 100; ++i) logger.write(Level::warning, "again", {{"i", i}});
  EXPECT_EQ(lines(), 3u);
  clock.advance(seconds(11));
  logger.write(Level::warning, "again");
  EXPECT_THAT(written(), HasSubstr("again held_back=97\n"));
  EXPECT_EQ(lines(), 5u);
}

TEST_F(LogTest, TheLastHeldBackAreToldAtTheEnd) {
  {
    Options few = options();
    few.burst = 1;
    Logger logger(few, clock);
    logger.write(Level::info, "again");
    logger.write(Level::info, "again");
  }
  EXPECT_THAT(written(), HasSubstr("again held_back=1\n"));
}

TEST_F(LogTest, AutomaticIsJsonForAFileAndJournalForTheJournal) {
  Logger(options(Format::automatic), clock).write(Level::info, "one");
  EXPECT_THAT(written(), StartsWith("{\"time\""));
  struct stat info {};
  ASSERT_EQ(::fstat(fd.get(), &info), 0);
  ::setenv("JOURNAL_STREAM", (std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino)).c_str(), 1);
  Logger(options(Format::automatic), clock).write(Level::info, "two");
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_THAT(written(), EndsWith("<6>two\n"));
}

TEST_F(LogTest, ALostLineIsCountedAndNothingElse) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  Options broken = options();
  broken.fd = full.get();
  Logger logger(broken, clock);
  logger.write(Level::error, "gone");
  EXPECT_EQ(logger.lost(), 1u);
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  Options all = options(Format::json);
  all.burst = 1'000'000;
  Logger logger(all, clock);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&logger, t] {
      for (int i = 0; i < 200; ++i) logger.write(Level::info, "line", {{"thread", t}, {"i", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = written();
  json::Document document;
  for (std::string_view line : split(trim(text), '\n')) EXPECT_TRUE(document.parse(line).ok());
  EXPECT_EQ(lines(), 800u);
}

TEST_F(LogTest, TheGlobalLoggerCanBeConfigured) {
  configure(options());
  info("hello", {{"who", "world"}});
  debug("hidden");
  configure({});
  EXPECT_THAT(written(), EndsWith("info    hello who=world\n"));
}

TEST(Level, AreNamed) {
  EXPECT_EQ(*level_named("warning"), Level::warning);
  EXPECT_EQ(name(Level::debug), "debug");
  EXPECT_THAT(level_named("loud").error().hint, HasSubstr("debug info"));
  EXPECT_EQ(*format_named("journal"), Format::journal);
  EXPECT_FALSE(format_named("xml").ok());
}

}  // namespace
}  // namespace bus::log
