#include "bus/cpp/text.hpp"

#include <gtest/gtest.h>

namespace bus {
namespace {

TEST(Clip, CutsBetweenCharactersAndAtANul) {
  EXPECT_EQ(clip("aä", 2), "a");
  EXPECT_EQ(clip("aä", 3), "aä");
  EXPECT_EQ(clip("😀", 3), "");
  EXPECT_EQ(clip(std::string_view("a\0b", 3)), "a");
  EXPECT_EQ(clip(std::string(2000, 'x')).size(), kMaxText);
}

TEST(ParseTime, ReadsRfc3339) {
  EXPECT_EQ(parse_time_us("1970-01-01T00:00:01Z"), 1'000'000);
  EXPECT_EQ(parse_time_us("2026-11-20T08:00:00Z"), 1'795'161'600'000'000);
  EXPECT_EQ(parse_time_us("2026-11-20t10:00:00+02:00"), 1'795'161'600'000'000);
  EXPECT_EQ(parse_time_us("2026-11-20 02:30:00-05:30"), 1'795'161'600'000'000);
  EXPECT_EQ(parse_time_us("2026-11-20T08:00:00.5z"), 1'795'161'600'500'000);
  EXPECT_EQ(parse_time_us("2026-11-20T08:00:00.123456789Z"), 1'795'161'600'123'456);
  EXPECT_EQ(parse_time_us("2024-02-29T00:00:00Z"), 1'709'164'800'000'000);
}

TEST(ParseTime, GivesNothingForAnythingElse) {
  for (const char* text :
       {"", "x", "2026-11-20", "2026-11-20T08:00:00", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z",
        "2026-11-20T24:00:00Z", "2026-11-20T08:60:00Z", "2026-11-20T08:00:00.Z", "2026-11-20T08:00:00Zx",
        "2026-11-20T08:00:00+2", "2026-11-20T08:00:00+25:00", "1969-12-31T23:59:59Z", "20261120T080000Z",
        "0001-01-01T00:00:00Z"}) {
    EXPECT_EQ(parse_time_us(text), std::nullopt) << text;
  }
}

TEST(JsonObject, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(JsonObject().done(), "{}");
  EXPECT_EQ(JsonObject().text("a", "").json("b", "").done(), "{}");
  EXPECT_EQ(JsonObject().text("a\"", "x\n\\").number("n", -1).flag("f", false).json("j", "[1]").done(),
            R"({"a\"":"x\n\\","n":-1,"f":false,"j":[1]})");
}

TEST(JsonObject, HoldsAnotherThatHasMembers) {
  JsonObject empty, inner, out;
  inner.number("n", 1);
  EXPECT_TRUE(out.object("a", empty).empty());
  EXPECT_EQ(out.object("b", inner).done(), R"({"b":{"n":1}})");
}

TEST(Digest, TellsApart) {
  EXPECT_EQ(digest(""), "cbf29ce484222325");
  EXPECT_EQ(digest("a"), "af63dc4c8601ec8c");
  EXPECT_NE(digest("b"), digest("a"));
}

}  // namespace
}  // namespace bus
