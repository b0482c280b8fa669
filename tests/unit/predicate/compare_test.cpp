#include "core/predicate/compare.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace bus::predicate {
namespace {

bool same(const Value& a, const Value& b) {
  std::int64_t steps = 1'000'000;
  const bool forth = equal(a, b, steps);
  EXPECT_EQ(forth, equal(b, a, steps));
  return forth;
}

TEST(Equal, CrossesTheNumericTypesAndNoOthers) {
  EXPECT_TRUE(same(Value::integer(1), Value::number(1)));
  EXPECT_TRUE(same(Value::uinteger(1), Value::number(1)));
  EXPECT_TRUE(same(Value::integer(1), Value::uinteger(1)));
  EXPECT_FALSE(same(Value::integer(-1), Value::uinteger(std::numeric_limits<std::uint64_t>::max())));
  EXPECT_FALSE(same(Value::integer(1), Value::boolean(true)));
  EXPECT_FALSE(same(Value::string("a"), Value::bytes("a")));
  EXPECT_FALSE(same(Value::number(std::numeric_limits<double>::quiet_NaN()),
                    Value::number(std::numeric_limits<double>::quiet_NaN())));
}

TEST(Equal, LooksIntoJsonAsIntoValues) {
  json::Document document;
  const Value json = Value::json(document.parse(R"({"b": [1, 2.0], "a": null})").value());
  const std::array<Value, 2> items = {Value::number(1), Value::uinteger(2)};
  const std::array<Entry, 2> entries = {Entry{Value::string("a"), Value::null()},
                                        Entry{Value::string("b"), Value::list(items)}};
  EXPECT_TRUE(same(json, Value::map(entries)));
  EXPECT_TRUE(same(json, json));
}

TEST(Equal, CountsItsWork) {
  json::Document document;
  const Value json = Value::json(document.parse("[1,2,3,4,5,6,7,8,9,10]").value());
  std::int64_t steps = 5;
  equal(json, json, steps);
  EXPECT_LT(steps, 0);
}

TEST(Order, IsThereWithinTypesThatHaveOne) {
  EXPECT_TRUE(*order(Value::integer(-1), Value::uinteger(0)) < 0);
  EXPECT_TRUE(*order(Value::number(1e300), Value::integer(5)) > 0);
  EXPECT_TRUE(*order(Value::timestamp(1, 5), Value::timestamp(1, 6)) < 0);
  EXPECT_EQ(*order(Value::number(std::numeric_limits<double>::quiet_NaN()), Value::integer(1)),
            std::partial_ordering::unordered);
  EXPECT_EQ(order(Value::string("a"), Value::integer(1)), std::nullopt);
  EXPECT_EQ(order(Value::null(), Value::null()), std::nullopt);
}

}  // namespace
}  // namespace bus::predicate
