#include "core/base/time_text.h"

#include <gtest/gtest.h>

namespace bus {
namespace {

TEST(Rfc3339, ComesBackAsItWent) {
  for (const char* text :
       {"2026-11-20T08:00:00.123456Z", "1970-01-01T00:00:00.000000Z", "1969-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "2024-02-29T12:00:00.000000Z"}) {
    const auto time = parse_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_time(*time), text);
  }
}

TEST(Rfc3339, TakesOffsetsAndFractions) {
  EXPECT_EQ(format_time(*parse_time("2026-11-20T09:30:00+01:30")), "2026-11-20T08:00:00.000000Z");
  EXPECT_EQ(format_time(*parse_time("2026-11-20t08:00:00.5z")), "2026-11-20T08:00:00.500000Z");
  EXPECT_EQ(format_time(*parse_time("2026-11-20 08:00:00.1234567Z")), "2026-11-20T08:00:00.123456Z");
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
  for (const char* text : {"", "now", "2026-11-20", "2026-11-20T08:00:00", "2026-13-01T00:00:00Z",
                           "2026-02-30T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T08:00:00.Z",
                           "2026-11-20T08:00:00+1:00", "2026-11-20T08:00:00Zx"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Duration, ReadsUnitsAndSums) {
  EXPECT_EQ(*parse_duration("45s"), seconds(45));
  EXPECT_EQ(*parse_duration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(*parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(*parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(*parse_duration("7us"), microseconds(7));
  EXPECT_EQ(*parse_duration("2d"), std::chrono::hours(48));
  EXPECT_EQ(*parse_duration("90"), seconds(90)) << "a bare number is seconds";
  for (const char* text : {"", "-1s", "1x", "s", "1h30", "1e3s", "nan", "999999999d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Duration, WritesWhatItReads) {
  for (const char* text : {"0s", "45s", "1h30m", "250ms", "1s500ms", "2d", "7us"}) {
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  }
}

}  // namespace
}  // namespace bus
