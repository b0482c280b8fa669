#include "core/predicate/moment.h"

#include <gtest/gtest.h>

namespace bus::predicate {
namespace {

TEST(Moment, ReadsAndWritesRfc3339) {
  for (const char* text : {"0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999999Z", "2024-02-29T12:00:00.5Z",
                           "9999-12-31T23:59:59.999Z"}) {
    const auto moment = parse_moment(text);
    ASSERT_TRUE(moment) << text;
    EXPECT_EQ(format_moment(*moment), text);
  }
  EXPECT_EQ(format_moment(*parse_moment("2024-01-01t00:00:00-01:30")), "2024-01-01T01:30:00Z");
}

TEST(Moment, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2024-01-01", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2024-01-01T24:00:00Z",
        "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+1:00", "2024-01-01T00:00:00Zx",
        "0001-01-01T00:00:00+01:00", "2024-01-01 00:00:00Z"}) {
    EXPECT_FALSE(parse_moment(text)) << text;
  }
}

TEST(Moment, AddsAndSubtractsInNanoseconds) {
  const Moment new_year = *parse_moment("2024-01-01T00:00:00Z");
  EXPECT_EQ(format_moment(*add(new_year, -1)), "2023-12-31T23:59:59.999999999Z");
  EXPECT_FALSE(add(*parse_moment("0001-01-01T00:00:00Z"), -1));
  EXPECT_EQ(subtract(new_year, *add(new_year, -1)), 1);
  EXPECT_FALSE(subtract(new_year, *parse_moment("0001-01-01T00:00:00Z")));
}

TEST(Span, ReadsUnits) {
  EXPECT_EQ(parse_span("1h1m1s1ms1us1ns"), 3'661'001'001'001);
  EXPECT_EQ(parse_span("-1.5h"), -5'400'000'000'000);
  EXPECT_EQ(parse_span("0"), 0);
  EXPECT_EQ(parse_span("+.5s"), 500'000'000);
  for (const char* text : {"", "-", "1", "s", "1 s", "1d", "1e3s", "10000000h", "1.s2"}) {
    EXPECT_FALSE(parse_span(text)) << text;
  }
}

TEST(Span, WritesSeconds) {
  EXPECT_EQ(format_span(0), "0s");
  EXPECT_EQ(format_span(-1'500'000'000), "-1.5s");
  EXPECT_EQ(format_span(1), "0.000000001s");
  EXPECT_EQ(format_span(INT64_MIN), "-9223372036.854775808s");
}

}  // namespace
}  // namespace bus::predicate
