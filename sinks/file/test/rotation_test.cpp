#include "sinks/file/rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "sinks/file/test/lines.h"
#include "tests/support/temp_folder.h"

namespace bus::file {
namespace {

using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr std::string_view kId = "01JD3ZK8QZ0V6N1J6Y2T4B7A9C";  // 2024-11-20T09:21:20.895Z

TEST(Rotation, AnIdTellsItsTime) {
  EXPECT_EQ(time_of("01ARZ3NDEKTSV4RRFFQ69G5FAV"), 1469922850259);
  EXPECT_EQ(time_of("00000000000000000000000000"), 0);
  for (const char* text : {"", "01ARZ3NDEK", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU",
                           "01arz3ndektsv4rrffq69g5fav", "01ARZ3NDEKTSV4RRFFQ69G5FAV1"}) {
    EXPECT_EQ(time_of(text), 0) << text;
  }
}

TEST(Rotation, AFileIsFullWhenALineWouldMakeItTooLong) {
  const Limits limits{100, 0s};
  const Place place{1, std::string(kId)};
  EXPECT_FALSE(is_full(limits, 60, place, 40, place));
  EXPECT_TRUE(is_full(limits, 61, place, 40, place));
  EXPECT_FALSE(is_full(limits, 0, place, 400, place)) << "an empty file takes any line";
  EXPECT_FALSE(is_full({}, 1u << 30, place, 1u << 30, place));
}

TEST(Rotation, AFileEndsWithItsPeriod) {
  const Limits hourly{0, 1h};
  const auto at = [](std::int64_t ms) {
    std::string id(26, '0');
    for (std::size_t i = 10; i-- > 0; ms /= 32) id[i] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[ms % 32];
    return Place{1, id};
  };
  constexpr std::int64_t kHour = 3'600'000, kNoon = 450'000 * kHour;
  EXPECT_EQ(time_of(at(kNoon).id), kNoon);
  EXPECT_FALSE(is_full(hourly, 1, at(kNoon), 1, at(kNoon + kHour - 1)));
  EXPECT_TRUE(is_full(hourly, 1, at(kNoon + kHour - 1), 1, at(kNoon + kHour)));
  EXPECT_TRUE(is_full(hourly, 1, at(kNoon), 1, at(kNoon + 50 * kHour)));
  EXPECT_FALSE(is_full(hourly, 1, at(kNoon), 1, at(kNoon - 1))) << "a clock that was set back";
  EXPECT_FALSE(is_full(hourly, 0, at(kNoon), 1, at(kNoon + kHour)));
}

TEST(Rotation, NamesAreReadBack) {
  const testing::TempFolder folder;
  const std::string path = folder / "events.ndjson";
  const std::string first = rotated_path(path, {7, "01ARZ3NDEKTSV4RRFFQ69G5FAV"});
  EXPECT_EQ(first, path + ".20160730T235410Z-7-01ARZ3NDEKTSV4RRFFQ69G5FAV");
  const std::string second = rotated_path(path, {1042, std::string(kId)});
  put_contents(second + ".gz", "");
  put_contents(first, "");
  put_contents(first + ".gz", "");
  for (const char* other : {"", ".1", ".gz", "x.20160730T235410Z-7-01ARZ3NDEKTSV4RRFFQ69G5FAV",
                            ".20160730T235410Z-x-01ARZ3NDEKTSV4RRFFQ69G5FAV",
                            ".20160730T235410Z-7-01ARZ3NDEK", ".20160730T235410Z--01ARZ3NDEKTSV4RRFFQ69G5FAV",
                            ".20160730T235410Z-7-01ARZ3NDEKTSV4RRFFQ69G5FAV.bz2"}) {
    put_contents(path + other, "");
  }
  const auto all = list_rotated(path);
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].path, first);
  EXPECT_TRUE(all[0].plain && all[0].packed);
  EXPECT_EQ(all[1].path, second);
  EXPECT_TRUE(!all[1].plain && all[1].packed);
  EXPECT_EQ(all[1].last.seq, 1042u);
  EXPECT_EQ(all[1].last.id, kId);
}

TEST(Rotation, WhatIsUnfinishedIsRemoved) {
  const testing::TempFolder folder;
  const std::string path = folder / "events.ndjson";
  const std::string full = rotated_path(path, {7, std::string(kId)});
  put_contents(full + ".gz.tmp", "half");
  put_contents(path + ".mine.gz.tmp", "not ours");
  remove_unfinished(path);
  EXPECT_FALSE(std::filesystem::exists(full + ".gz.tmp"));
  EXPECT_TRUE(std::filesystem::exists(path + ".mine.gz.tmp"));
}

}  // namespace
}  // namespace bus::file
