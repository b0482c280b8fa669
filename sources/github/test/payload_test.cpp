#include "sources/github/payload.h"

#include <gtest/gtest.h>

#include <string>

namespace bus::github {
namespace {

class PayloadTest : public ::testing::Test {
 protected:
  Payload parse(std::string_view json) { return Payload(parser_.parse(json).get_object()); }
  simdjson::dom::parser parser_;
};

TEST_F(PayloadTest, OddMembersGiveNothing) {
  const Payload p = parse(
      R"({"text":1,"number":"7","negative":-1,"real":1.5,"object":[],"array":{},"flag":"true","null":null})");
  EXPECT_EQ(p.text("text"), "");
  EXPECT_EQ(p.text("missing"), "");
  EXPECT_EQ(p.text("null"), "");
  EXPECT_EQ(p.number("number"), std::nullopt);
  EXPECT_EQ(p.number("negative"), std::nullopt);
  EXPECT_EQ(p.number("real"), std::nullopt);
  EXPECT_FALSE(p.object("object").exists());
  EXPECT_FALSE(p.object("null").exists());
  EXPECT_FALSE(p.first("array").exists());
  EXPECT_EQ(p.length("array"), 0u);
  EXPECT_FALSE(p.flag("flag"));
  EXPECT_FALSE(p.object("missing").object("deeper").exists());
  EXPECT_EQ(p.object("missing").text("deeper"), "");
}

TEST_F(PayloadTest, GoodMembersGiveTheirValue) {
  const Payload p = parse(
      R"({"text":"x","number":18446744073709551615,"object":{"a":"b"},"array":[{"c":1},2],"flag":true})");
  EXPECT_EQ(p.text("text"), "x");
  EXPECT_EQ(p.number("number"), 18446744073709551615u);
  EXPECT_EQ(p.object("object").text("a"), "b");
  EXPECT_EQ(p.first("array").number("c"), 1u);
  EXPECT_EQ(p.length("array"), 2u);
  EXPECT_TRUE(p.flag("flag"));
}

TEST_F(PayloadTest, TextEndsAtANulAndAtTheBound) {
  const std::string many(2000, 'x');
  const Payload p = parse(R"({"nul":"a\u0000b","long":")" + many + R"("})");
  EXPECT_EQ(p.text("nul"), "a");
  EXPECT_EQ(p.text("long").size(), kMaxText);
}

TEST(Clip, CutsBetweenCharacters) {
  EXPECT_EQ(clip("aä", 2), "a");
  EXPECT_EQ(clip("aä", 3), "aä");
  EXPECT_EQ(clip("😀", 3), "");
}

TEST(ParseTime, ReadsRfc3339) {
  EXPECT_EQ(parse_time_us("1970-01-01T00:00:01Z"), 1'000'000);
  EXPECT_EQ(parse_time_us("2026-11-20T08:00:00Z"), 1'795'161'600'000'000);
  EXPECT_EQ(parse_time_us("2026-11-20T10:00:00+02:00"), 1'795'161'600'000'000);
  EXPECT_EQ(parse_time_us("2026-11-20T02:30:00-05:30"), 1'795'161'600'000'000);
  EXPECT_EQ(parse_time_us("2026-11-20T08:00:00.5Z"), 1'795'161'600'500'000);
  EXPECT_EQ(parse_time_us("2026-11-20T08:00:00.1234567Z"), 1'795'161'600'123'456);
  EXPECT_EQ(parse_time_us("2024-02-29T00:00:00Z"), 1'709'164'800'000'000);
}

TEST(ParseTime, GivesNothingForAnythingElse) {
  for (const char* text :
       {"", "x", "2026-11-20", "2026-11-20T08:00:00", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z",
        "2026-11-20T24:00:00Z", "2026-11-20T08:60:00Z", "2026-11-20T08:00:00.Z", "2026-11-20T08:00:00Zx",
        "2026-11-20T08:00:00+2", "2026-11-20T08:00:00+25:00", "1969-12-31T23:59:59Z", "20261120T080000Z"}) {
    EXPECT_EQ(parse_time_us(text), 0) << text;
  }
}

TEST_F(PayloadTest, TimeMayBeSeconds) {
  const Payload p = parse(R"({"a":1795161600,"b":"2026-11-20T08:00:00Z","c":99999999999999,"d":null})");
  EXPECT_EQ(p.time_us("a"), 1'795'161'600'000'000);
  EXPECT_EQ(p.time_us("b"), 1'795'161'600'000'000);
  EXPECT_EQ(p.time_us("c"), 0);
  EXPECT_EQ(p.time_us("d"), 0);
}

}  // namespace
}  // namespace bus::github
