#include "core/predicate/tzif.h"

#include <gtest/gtest.h>

#include "core/predicate/moment.h"

namespace bus::predicate {
namespace {

std::int64_t at(std::string_view text) {
  return parse_moment(text)->seconds;
}

TEST(ZoneTail, ReadsFixedOffsets) {
  EXPECT_EQ(parse_zone_tail("UTC0")->offset(0), 0);
  EXPECT_EQ(parse_zone_tail("<+0530>-5:30")->offset(0), 19'800);
  EXPECT_EQ(parse_zone_tail("EST5")->offset(0), -18'000);
}

TEST(ZoneTail, FollowsTheRulesOfBothHemispheres) {
  const auto berlin = parse_zone_tail("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(berlin);
  EXPECT_EQ(berlin->offset(at("2050-03-27T00:59:59Z")), 3600);
  EXPECT_EQ(berlin->offset(at("2050-03-27T01:00:00Z")), 7200);
  EXPECT_EQ(berlin->offset(at("2050-10-30T00:59:59Z")), 7200);
  EXPECT_EQ(berlin->offset(at("2050-10-30T01:00:00Z")), 3600);
  const auto sydney = parse_zone_tail("AEST-10AEDT,M10.1.0,M4.1.0/3");
  ASSERT_TRUE(sydney);
  EXPECT_EQ(sydney->offset(at("2050-01-01T00:00:00Z")), 39'600);
  EXPECT_EQ(sydney->offset(at("2050-07-01T00:00:00Z")), 36'000);
}

TEST(ZoneTail, ReadsDaysOfTheYear) {
  const auto julian = parse_zone_tail("AAA0BBB,J60,J300");
  ASSERT_TRUE(julian);
  EXPECT_EQ(julian->offset(at("2024-03-01T02:00:00Z")), 3600);  // J60 is March 1st, in leap years too
  EXPECT_EQ(julian->offset(at("2024-02-29T12:00:00Z")), 0);
  const auto counted = parse_zone_tail("AAA0BBB,59,299");
  EXPECT_EQ(counted->offset(at("2024-02-29T02:00:00Z")), 3600);
}

TEST(ZoneTail, RefusesWhatIsNone) {
  for (const char* text :
       {"", "A1", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "CET-1CEST,M3.5.0", "<x", "CET-1x"}) {
    EXPECT_FALSE(parse_zone_tail(text)) << text;
  }
}

TEST(Tzif, RefusesWhatIsNoFile) {
  EXPECT_FALSE(parse_tzif(""));
  EXPECT_FALSE(parse_tzif("TZif2"));
  EXPECT_FALSE(parse_tzif(std::string("TZif2") + std::string(39, '\xff')));
}

}  // namespace
}  // namespace bus::predicate
