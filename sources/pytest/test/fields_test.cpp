#include "sources/pytest/fields.h"

#include <gtest/gtest.h>

#include <vector>

namespace bus::pytest {
namespace {

class FieldsTest : public ::testing::Test {
 protected:
  Fields of(const std::string& json) {
    document_ = parser_.parse(json);
    return Fields(document_.get_object(), "it", problem);
  }
  Problem problem;

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element document_;
};

TEST_F(FieldsTest, WhatIsMissingOrNullReadsAsNothing) {
  const Fields fields = of(R"({"a": null})");
  EXPECT_EQ(fields.text("a", 10), "");
  EXPECT_EQ(fields.number("b", 10), std::nullopt);
  EXPECT_EQ(fields.seconds("b"), std::nullopt);
  EXPECT_EQ(fields.time_us("b"), 0);
  EXPECT_FALSE(fields.flag("b"));
  EXPECT_FALSE(fields.object("a"));
  EXPECT_FALSE(fields.has("a"));
  EXPECT_FALSE(problem.found());
}

TEST_F(FieldsTest, ReadsWhatIsThere) {
  const Fields fields =
      of(R"({"t": "x", "n": 3, "s": 1, "at": 1.5, "f": true, "o": {"t": "y"}, "all": [{"n": 1}, {"n": 2}]})");
  EXPECT_EQ(fields.text("t", 1), "x");
  EXPECT_EQ(fields.number("n", 3, 3), 3u);
  EXPECT_EQ(fields.seconds("s"), 1.0);
  EXPECT_EQ(fields.time_us("at"), 1'500'000);
  EXPECT_TRUE(fields.flag("f"));
  EXPECT_EQ(fields.object("o")->text("t", 9), "y");
  std::vector<std::uint64_t> seen;
  fields.objects("all", 2, [&](const Fields& one) { seen.push_back(one.number("n", 9).value_or(0)); });
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_FALSE(problem.found()) << problem.text();
}

TEST_F(FieldsTest, TheFirstProblemIsKept) {
  const Fields fields = of(R"({"t": 1, "n": "x"})");
  EXPECT_EQ(fields.text("t", 10), "");
  EXPECT_EQ(fields.number("n", 10), std::nullopt);
  EXPECT_EQ(problem.text(), "it.t must be a text");
}

TEST_F(FieldsTest, BoundsAreKept) {
  of(R"({"t": "xyz"})").text("t", 2);
  EXPECT_EQ(problem.text(), "it.t must have at most 2 bytes");
  problem = {};
  of(R"({"all": [{}, {}]})").objects("all", 1, [](const Fields&) {});
  EXPECT_EQ(problem.text(), "it.all must have at most 1 elements");
  problem = {};
  of(R"({"n": 4})").number("n", 3);
  EXPECT_EQ(problem.text(), "it.n must be a whole number from 0 to 3");
}

TEST_F(FieldsTest, APlaceInAnArrayIsNamed) {
  of(R"({"all": [{}, {"n": "x"}]})").objects("all", 5, [](const Fields& one) { one.number("n", 3); });
  EXPECT_EQ(problem.text(), "it.all[1].n must be a whole number from 0 to 3");
}

}  // namespace
}  // namespace bus::pytest
