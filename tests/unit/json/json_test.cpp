#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/json/reader.h"
#include "core/json/writer.h"

namespace bus::json {
namespace {

using ::testing::ElementsAre;

TEST(Reader, ReadsEveryType) {
  Document document;
  const auto root = document.parse(
      R"({"n":null,"b":true,"i":-5,"u":18446744073709551615,"d":1.5,"s":"é\n","a":[1,2],"o":{"k":1}})");
  ASSERT_TRUE(root);
  const Node& node = *root;
  EXPECT_TRUE(node["n"].is_null());
  EXPECT_EQ(node["b"].boolean(), true);
  EXPECT_EQ(node["i"].integer(), -5);
  EXPECT_EQ(node["i"].number(), -5.0);
  EXPECT_EQ(node["u"].type(), Type::uinteger);
  EXPECT_EQ(node["u"].uinteger(), 18446744073709551615u);
  EXPECT_EQ(node["u"].integer(), std::nullopt);
  EXPECT_EQ(node["d"].number(), 1.5);
  EXPECT_EQ(node["s"].string(), "é\n");
  EXPECT_EQ(node["a"].at(1).integer(), 2);
  EXPECT_EQ(node["a"].size(), 2u);
  EXPECT_EQ(node["o"]["k"].integer(), 1);
}

TEST(Reader, WhatIsMissingStaysMissing) {
  Document document;
  const Node node = *document.parse(R"({"a":1})");
  EXPECT_FALSE(node["x"].exists());
  EXPECT_FALSE(node["x"]["y"].at(3).exists());
  EXPECT_EQ(node["x"].type(), Type::missing);
  EXPECT_FALSE(Node()["x"].exists());
  EXPECT_EQ(node["a"].string_or("other"), "other");
  for (const Node element : node["a"].elements()) FAIL() << element.size();
}

TEST(Reader, WalksInOrder) {
  Document document;
  const Node node = *document.parse(R"({"x":1,"y":[3,4]})");
  std::vector<std::string> keys;
  for (const Member member : node.members()) keys.emplace_back(member.key);
  EXPECT_THAT(keys, ElementsAre("x", "y"));
  std::vector<std::int64_t> values;
  for (const Node element : node["y"].elements()) values.push_back(element.integer().value_or(0));
  EXPECT_THAT(values, ElementsAre(3, 4));
}

TEST(Reader, RefusesWhatIsNotJson) {
  Document document;
  for (const char* bad :
       {"", "{", "[1,]", "{\"a\":}", "nul", "1e400", "18446744073709551616", "\"\xff\"", "'a'", "{} {}"}) {
    const auto root = document.parse(bad);
    ASSERT_FALSE(root) << bad;
    EXPECT_EQ(root.error().code, Code::invalid) << bad;
    EXPECT_FALSE(document.root().exists());
  }
}

TEST(Reader, HasADepth) {
  Document document;
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(document.parse(nested(kMaxDepth - 1)));
  const auto deep = document.parse(nested(100'000));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code, Code::limit);
  EXPECT_TRUE(document.parse("[]")) << "and goes on";
}

TEST(RawMember, GivesTheBytesAsTheyStand) {
  const std::string text =
      R"( { "a" : "x\"}" , "d":{"n": 1.50, "s":["]"]} ,"e\u0066":[1, {"}":2}],"last":true})";
  EXPECT_EQ(raw_member(text, "a"), R"("x\"}")");
  EXPECT_EQ(raw_member(text, "d"), R"({"n": 1.50, "s":["]"]})");
  EXPECT_EQ(raw_member(text, "ef"), R"([1, {"}":2}])");
  EXPECT_EQ(raw_member(text, "last"), "true");
  EXPECT_EQ(raw_member(text, "none"), "");
  EXPECT_EQ(raw_member("[1]", "a"), "");
}

TEST(RawElements, GivesEachAsItStands) {
  RawElements elements(R"( [ 1.50 ,{"a":[1,2]}, "],", [] ] )");
  EXPECT_EQ(elements.next(), "1.50");
  EXPECT_EQ(elements.next(), R"({"a":[1,2]})");
  EXPECT_EQ(elements.next(), R"("],")");
  EXPECT_EQ(elements.next(), "[]");
  EXPECT_EQ(elements.next(), "");
  EXPECT_EQ(RawElements("[]").next(), "");
}

TEST(Writer, WritesCompactJson) {
  std::string text;
  Writer out(text);
  out.begin_object()
      .member("s", "a\"\\\n\x01é")
      .member("i", -1)
      .member("u", 1u)
      .member("b", true)
      .member("d", 0.5);
  out.key("n").null().key("a").begin_array().value(1).begin_object().end_object().end_array().key("r").raw(
      "[1]");
  out.member_if("empty", "").end_object();
  EXPECT_EQ(text,
            "{\"s\":\"a\\\"\\\\\\n\\u0001é\",\"i\":-1,\"u\":1,\"b\":true,\"d\":0.5,\"n\":null,\"a\":[1,{}],"
            "\"r\":[1]}");
  Document document;
  EXPECT_TRUE(document.parse(text));
}

TEST(Writer, HasNoWordForWhatJsonHasNone) {
  std::string text;
  Writer(text).begin_array().value(std::numeric_limits<double>::infinity()).value(std::nan("")).end_array();
  EXPECT_EQ(text, "[null,null]");
}

TEST(Writer, RepairsMalformedText) {
  std::string text;
  Writer(text).string("a\xFFz");
  EXPECT_EQ(text, "\"a\xEF\xBF\xBDz\"");
}

}  // namespace
}  // namespace bus::json
