#include "core/predicate/parser.h"

#include <gtest/gtest.h>

namespace bus::predicate {
namespace {

// The tree in prefix form: "(== a (+ b c))".
std::string shape(const Expr& expr) {
  std::string out;
  switch (expr.form) {
    case Form::constant:
      return expr.value.is(Kind::string) ? "'" + expr.text + "'" : std::string(type_name(expr.value.kind()));
    case Form::identifier:
      return (expr.rooted ? "." : "") + expr.text;
    case Form::select:
      return shape(*expr.children[0]) + "." + expr.text;
    case Form::all_of:
      out = "(&&";
      break;
    case Form::any_of:
      out = "(||";
      break;
    case Form::conditional:
      out = "(?";
      break;
    default:
      out = "(" + expr.text;
  }
  for (const std::string& variable : expr.variables) out += " $" + variable;
  for (const ExprPtr& child : expr.children) out += " " + shape(*child);
  return out + ")";
}

std::string shape(std::string_view source) {
  const auto expr = parse(source);
  return expr ? shape(**expr) : expr.error().message;
}

TEST(Parser, BindsAsCelDoes) {
  EXPECT_EQ(shape("a + b * c == d"), "(== (+ a (* b c)) d)");
  EXPECT_EQ(shape("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(shape("a || b && c || d"), "(|| a (&& b c) d)");
  EXPECT_EQ(shape("a ? b : c ? d : e"), "(? a b (? c d e))");
  EXPECT_EQ(shape("!a.b"), "(! a.b)");
  EXPECT_EQ(shape("-a.b"), "(- a.b)");
  EXPECT_EQ(shape("a in b && c"), "(&& (in a b) c)");
  EXPECT_EQ(shape(".a.b"), ".a.b");
}

TEST(Parser, TakesTheMinusIntoNumbers) {
  EXPECT_EQ(shape("-1"), "int");
  EXPECT_EQ(shape("1-1"), "(- int int)");
  EXPECT_EQ(shape("-1.f()"), "(f int)");
  EXPECT_EQ(shape("- -9223372036854775808"), "(- int)");
  EXPECT_EQ(shape("9223372036854775808"), "column 1: the number does not fit 64 bits");
}

TEST(Parser, RecognisesMacros) {
  EXPECT_EQ(shape("a.all(x, x > b)"), "(all $x a (> x b))");
  EXPECT_EQ(shape("a.exists(i, x, x)"), "(exists $i $x a x)");
  EXPECT_EQ(shape("a.map(x, f, t)"), "(map $x a f t)");
  EXPECT_EQ(shape("has(a.b)"), "(b a)");
  EXPECT_EQ(shape("a.all(x)"), "(all a x)");  // a method of that name: the compiler refuses it
  EXPECT_EQ(shape("a.all(b.c, true)"), "column 7: all() wants the name of a variable here");
  EXPECT_EQ(shape("a.exists(x, x, true)"), "column 3: the two variables of exists() have one name");
}

TEST(Parser, AllowsReservedWordsAfterADot) {
  EXPECT_EQ(shape("a.for.while"), "a.for.while");
  EXPECT_EQ(shape("a.package()"), "(package a)");
  EXPECT_EQ(shape("package"), "column 1: 'package' is a reserved word");
}

TEST(Parser, KnowsWhereEachPartStands) {
  const auto expr = parse("a == (b + c)");
  ASSERT_TRUE(expr);
  const Expr& sum = *(*expr)->children[1];
  EXPECT_EQ(sum.begin, 6);
  EXPECT_EQ(sum.end, 11);
  EXPECT_EQ(sum.at, 8);
}

TEST(Parser, TakesWhatTheLanguageDemandsAtLeast) {
  std::string relations = "a", selects = "a", indexes = "a", list = "[a", arguments = "f(a";
  for (int i = 0; i < 32; ++i)
    relations += " == a", selects += ".b", indexes += "[0]", list += ",a", arguments += ",a";
  for (const std::string& source : {relations, selects, indexes, list + "]", arguments + ")"}) {
    EXPECT_TRUE(parse(source)) << source;
  }
}

}  // namespace
}  // namespace bus::predicate
