#include "sources/docker/text.h"

#include <gtest/gtest.h>

namespace bus::docker {
namespace {

TEST(Clip, CutsBetweenCharactersAndAtNul) {
  EXPECT_EQ(clip("abc", 2), "ab");
  EXPECT_EQ(clip("a\xc3\xa9", 2), "a");
  EXPECT_EQ(clip(std::string_view("a\0b", 3)), "a");
  EXPECT_EQ(clip(""), "");
}

TEST(Digest, TellsApart) {
  EXPECT_EQ(digest("a").size(), 16u);
  EXPECT_EQ(digest("a"), digest("a"));
  EXPECT_NE(digest("a"), digest("b"));
}

TEST(NumberOr, TakesTheWholeText) {
  EXPECT_EQ(number_or("137", -1), 137);
  EXPECT_EQ(number_or("-1", 0), -1);
  for (const char* odd : {"", " 1", "1 ", "0x1", "99999999999999999999"})
    EXPECT_EQ(number_or(odd, -7), -7) << odd;
}

TEST(ParseTime, ReadsWhatEnginesWrite) {
  EXPECT_EQ(parse_time_us("2026-11-20T14:15:05.221144179Z"), 1795184105221144);
  EXPECT_EQ(parse_time_us("2026-11-20T15:15:05+01:00"), 1795184105000000);
  EXPECT_EQ(parse_time_us("0001-01-01T00:00:00Z"), 0);
  for (const char* odd : {"", "now", "2026-11-20", "2026-13-20T14:15:05Z", "2026-11-20T24:15:05Z",
                          "2026-11-20T14:15:05", "2026-11-20T14:15:05Zz", "2026-11-20T14:15:05+25:00"}) {
    EXPECT_EQ(parse_time_us(odd), 0) << odd;
  }
}

TEST(JsonObject, LeavesOutWhatIsEmptyAndEscapes) {
  JsonObject inner;
  inner.text("k", "");
  JsonObject out;
  out.text("a", "q\"\\\n").text("b", "").number("c", -3).flag("d", false).object("e", inner);
  EXPECT_EQ(out.done(), R"({"a":"q\"\\\u000a","c":-3,"d":false})");
}

}  // namespace
}  // namespace bus::docker
