#include "core/predicate/time_zone.h"

#include <gtest/gtest.h>

namespace bus::predicate {
namespace {

TEST(ZoneOffset, ReadsFixedOffsets) {
  EXPECT_EQ(zone_offset("UTC", 0), 0);
  EXPECT_EQ(zone_offset("+05:30", 0), 19'800);
  EXPECT_EQ(zone_offset("-00:30", 0), -1'800);
  EXPECT_EQ(zone_offset("2:00", 0), 7'200);
  for (const char* zone : {"", "+", "+5", "24:00", "+01:60", "+1:2", ":30", "+01:000"}) {
    EXPECT_EQ(zone_offset(zone, 0), std::nullopt) << zone;
  }
}

TEST(ZoneOffset, NeverLeavesTheZoneFolder) {
  for (const char* zone : {"../../../etc/passwd", "/etc/localtime", "Europe/../UTC", ".", "Europe", "a b"}) {
    EXPECT_EQ(zone_offset(zone, 0), std::nullopt) << zone;
  }
}

TEST(ZoneOffset, KnowsNamedZones) {
  if (!zone_offset("Europe/Paris", 0)) GTEST_SKIP() << "this machine has no zoneinfo";
  EXPECT_EQ(zone_offset("Europe/Paris", 1'720'000'000), 7'200);
  EXPECT_EQ(zone_offset("Europe/Paris", 1'705'000'000), 3'600);
  EXPECT_EQ(zone_offset("Asia/Kolkata", 1'705'000'000), 19'800);
  EXPECT_EQ(zone_offset("Europe/Paris", 4'876'000'000), 7'200);  // July 2124: by the rule, not by the table
}

}  // namespace
}  // namespace bus::predicate
