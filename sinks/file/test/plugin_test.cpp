#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "sinks/file/rotation.h"
#include "sinks/file/test/sink_driver.h"
#include "tests/support/temp_folder.h"

namespace bus::file {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FilePlugin : public ::testing::Test {
 protected:
  testing::TempFolder folder_;
  std::string path_ = folder_ / "events.ndjson";
};

TEST_F(FilePlugin, SaysWhatItIs) {
  EXPECT_STREQ(bus_plugin_v1.name, "file");
  EXPECT_EQ(bus_plugin_v1.role, static_cast<std::uint32_t>(BUS_ROLE_SINK));
}

TEST_F(FilePlugin, WrongPathsAreRefusedBeforeAnythingIsTouched) {
  for (const char* path : {"", "relative", "/folder/"}) {
    SinkDriver sink(path);
    EXPECT_FALSE(sink.create()) << path;
    EXPECT_EQ(sink.error.code, BUS_INVALID);
  }
  SinkDriver sink(path_);
  EXPECT_TRUE(sink.create());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(FilePlugin, ANewFileLeavesTheHostsPlace) {
  SinkDriver sink(path_);
  ASSERT_EQ(sink.start(41), BUS_OK);
  EXPECT_EQ(sink.last_seq, 41u);
  EXPECT_EQ(sink.deliver(42, 44), BUS_OK);
  EXPECT_THAT(seqs(path_), ElementsAre(42, 43, 44));
}

TEST_F(FilePlugin, TheFileKnowsThePlaceBetter) {
  put_contents(path_, event_lines(1, 9));
  SinkDriver behind(path_);
  ASSERT_EQ(behind.start(5), BUS_OK);  // killed before the host's place was saved
  EXPECT_EQ(behind.last_seq, 9u);
  behind.stop();
  SinkDriver ahead(path_);
  ASSERT_EQ(ahead.start(12), BUS_OK);  // the file's end was lost
  EXPECT_EQ(ahead.last_seq, 9u);
}

TEST_F(FilePlugin, ABatchOfferedAgainIsNotDoubled) {
  SinkDriver sink(path_);
  ASSERT_EQ(sink.start(0), BUS_OK);
  EXPECT_EQ(sink.deliver(1, 3), BUS_OK);
  EXPECT_EQ(sink.deliver(1, 3), BUS_OK);
  EXPECT_EQ(sink.deliver(2, 5), BUS_OK);
  EXPECT_THAT(seqs(path_), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(FilePlugin, ALogBegunAnewIsWrittenFromItsFirstEvent) {
  put_contents(path_, event_lines(1, 4));
  SinkDriver sink(path_);
  ASSERT_EQ(sink.start(0), BUS_OK);
  EXPECT_EQ(sink.deliver(1, 2, 2), BUS_OK);
  EXPECT_THAT(seqs(path_), ElementsAre(1, 2, 3, 4, 1, 2));
}

TEST_F(FilePlugin, AnErrorSaysWhyAndTakesNothing) {
  std::filesystem::create_directory(folder_ / "d");
  SinkDriver sink(folder_ / "d/f");
  ASSERT_EQ(sink.start(0), BUS_OK);
  std::filesystem::remove_all(folder_ / "d");
  EXPECT_EQ(sink.deliver(1, 2), BUS_UNAVAILABLE);
  EXPECT_EQ(sink.delivery.accepted, 0u);
  EXPECT_THAT(sink.delivery.message, HasSubstr("does not exist"));
}

TEST_F(FilePlugin, RotatesBySizeWithinABatch) {
  SinkDriver sink(path_);
  sink.host.set("rotate_size", "4096");
  ASSERT_EQ(sink.start(0), BUS_OK);
  EXPECT_EQ(sink.deliver(1, 100), BUS_OK);
  EXPECT_EQ(sink.deliver(101, 150), BUS_OK);
  const auto full = list_rotated(path_);
  ASSERT_GE(full.size(), 2u);
  std::string all;
  for (const Rotated& one : full) {
    EXPECT_LE(std::filesystem::file_size(one.path), 4096u);
    EXPECT_EQ(seqs(one.path).back(), one.last.seq);
    all += contents(one.path);
  }
  EXPECT_EQ(all + contents(path_), event_lines(1, 150));
}

TEST_F(FilePlugin, GoesOnBehindAFullFile) {
  SinkDriver sink(path_);
  sink.host.set("rotate_size", "4096");
  ASSERT_EQ(sink.start(0), BUS_OK);
  EXPECT_EQ(sink.deliver(1, 100), BUS_OK);
  sink.stop();
  std::filesystem::remove(path_);  // as if it was killed behind the rename
  const std::uint64_t last = list_rotated(path_).back().last.seq;
  SinkDriver next(path_);
  ASSERT_EQ(next.start(3), BUS_OK);
  EXPECT_EQ(next.last_seq, last);
}

TEST_F(FilePlugin, KeepsAndPacks) {
  SinkDriver sink(path_);
  sink.host.set("rotate_size", "4096");
  sink.host.set("keep", "2");
  sink.host.set("gzip", "true");
  ASSERT_EQ(sink.start(0), BUS_OK);
  EXPECT_EQ(sink.deliver(1, 500), BUS_OK);
  for (;;) {  // on a thread of its own
    const auto full = list_rotated(path_);
    if (full.size() == 2 && full[0].packed && full[1].packed && !full[0].plain && !full[1].plain) break;
  }
  sink.stop();
}

TEST_F(FilePlugin, SyncsByTimeWithoutOneTimerForEachBatch) {
  SinkDriver sink(path_);
  sink.host.set("fsync", "interval");
  sink.host.set("fsync_interval", "1000000");
  ASSERT_EQ(sink.start(0), BUS_OK);
  EXPECT_EQ(sink.deliver(1, 2), BUS_OK);
  EXPECT_EQ(sink.deliver(3, 4), BUS_OK);
  auto& timers = sink.host.abilities.timers;
  ASSERT_EQ(timers.size(), 1u);
  EXPECT_EQ(timers.begin()->second.delay_us, 1'000'000u);
  sink.host.abilities.fire(timers.begin()->first);
  EXPECT_TRUE(timers.empty());
  EXPECT_EQ(sink.deliver(5, 5), BUS_OK);
  EXPECT_EQ(timers.size(), 1u);
}

TEST_F(FilePlugin, WrongLimitsAreRefused) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"rotate_size", "100"}, {"rotate_size", "-1"}, {"rotate_every", "1000000"}, {"keep", "-1"}};
  for (const auto& [name, value] : kWrong) {
    SinkDriver sink(path_);
    sink.host.set(name, value);
    EXPECT_FALSE(sink.create()) << name;
    EXPECT_EQ(sink.error.code, BUS_INVALID);
  }
}

TEST_F(FilePlugin, StopIsSafeWithoutStartTwiceAndBeforeAStart) {
  SinkDriver sink(path_);
  ASSERT_TRUE(sink.create());
  sink.stop();
  sink.stop();
  ASSERT_EQ(sink.start(0), BUS_OK);
  EXPECT_EQ(sink.deliver(1, 1), BUS_OK);
  sink.stop();
  ASSERT_EQ(sink.start(1), BUS_OK);
  EXPECT_EQ(sink.last_seq, 1u);
}

}  // namespace
}  // namespace bus::file
