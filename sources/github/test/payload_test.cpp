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

TEST_F(PayloadTest, TimeMayBeSeconds) {
  const Payload p = parse(R"({"a":1795161600,"b":"2026-11-20T08:00:00Z","c":99999999999999,"d":null})");
  EXPECT_EQ(p.time_us("a"), 1'795'161'600'000'000);
  EXPECT_EQ(p.time_us("b"), 1'795'161'600'000'000);
  EXPECT_EQ(p.time_us("c"), 0);
  EXPECT_EQ(p.time_us("d"), 0);
}

}  // namespace
}  // namespace bus::github
