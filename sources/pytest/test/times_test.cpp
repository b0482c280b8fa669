#include "sources/pytest/times.h"

#include <gtest/gtest.h>

namespace bus::pytest {
namespace {

TEST(ParseTime, ReadsRfc3339) {
  EXPECT_EQ(parse_time_us("2026-11-20T08:00:00Z"), 1'795'161'600'000'000);
  EXPECT_EQ(parse_time_us("2026-11-20T09:00:00.123456789+01:00"), 1'795'161'600'123'456);
  EXPECT_EQ(parse_time_us("2026-11-20 07:30:00.5-00:30"), 1'795'161'600'500'000);
}

TEST(ParseTime, WhatDoesNotNameItsZoneIsNoTime) {
  EXPECT_EQ(parse_time_us("2026-11-20T08:00:00"), 0);
}

TEST(ParseTime, OtherThingsAreNone) {
  for (const char* text : {"", "x", "2026-02-30T08:00:00Z", "2026-11-20", "2026-11-20T25:00:00Z",
                           "2026-11-20T08:00:00ZZ", "1969-11-20T08:00:00Z", "2026-11-20T08:00:00+1:00"}) {
    EXPECT_EQ(parse_time_us(text), 0) << text;
  }
}

}  // namespace
}  // namespace bus::pytest
