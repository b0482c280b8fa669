#include "core/predicate/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bus::predicate {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ExpressionTest : public ::testing::Test {
 protected:
  // The value over body = {"a": {"b": [1, 2]}}, path = "/x" and a `query` that is not there; or the error.
  std::string eval(const std::string& source) {
    const auto expression = Expression::compile(source, names_);
    if (!expression) return "compile: " + expression.error().message;
    json::Document document;
    const auto body = document.parse(R"({"a": {"b": [1, 2]}})");
    const std::vector<Argument> arguments = {{*body}, {{}, "/x"}, {}};
    const auto value = expression->evaluate(arguments);
    return value ? *value : value.error().message;
  }
  std::vector<std::string> names_ = {"body", "path", "query"};
};

TEST_F(ExpressionTest, GivesValuesAsJson) {
  EXPECT_EQ(eval("body.a"), R"({"b":[1,2]})");
  EXPECT_EQ(eval("body.a.b[1] + 40"), "42");
  EXPECT_EQ(eval("path + '!'"), R"("/x!")");
  EXPECT_EQ(eval("{'k': path, 'n': size(body.a.b)}"), R"({"k":"/x","n":2})");
  EXPECT_EQ(eval("has(body.z) ? body.z : null"), "null");
}

TEST_F(ExpressionTest, SaysWhereItIsWrong) {
  EXPECT_THAT(eval("body +"), StartsWith("compile: column 7"));
  EXPECT_THAT(eval("bdy.a"), StartsWith("compile: column 1: "));
  EXPECT_THAT(eval("1 + body.z"), StartsWith("column 10: "));
  EXPECT_THAT(eval("seq"), StartsWith("compile: "));
}

TEST_F(ExpressionTest, AMissingVariableIsAnErrorWhereItIsRead) {
  EXPECT_THAT(eval("path + query"), AllOf(StartsWith("column 8: "), HasSubstr("query")));
  EXPECT_EQ(eval("has(query.x)"), "false");
  EXPECT_EQ(eval("query == 1 || true"), "true");
}

TEST_F(ExpressionTest, IsBounded) {
  EXPECT_THAT(eval(std::string(5000, '1')), StartsWith("compile: "));
  names_ = {"body", "path", "query!"};
  EXPECT_THAT(eval("1"), HasSubstr("query!"));
}

}  // namespace
}  // namespace bus::predicate
