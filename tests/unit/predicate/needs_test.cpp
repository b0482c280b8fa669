#include "core/predicate/needs.h"

#include <gmock/gmock.h>

namespace bus::predicate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

std::optional<std::vector<std::string>> sources(std::string_view expression) {
  return needed_values(*compile(expression), "source");
}

TEST(Needs, AComparisonBindsTheField) {
  EXPECT_THAT(sources("source == 'a'"), Optional(ElementsAre("a")));
  EXPECT_THAT(sources("'a' == source"), Optional(ElementsAre("a")));
  EXPECT_THAT(sources("source in ['b', 'a', 'b']"), Optional(ElementsAre("a", "b")));
  EXPECT_THAT(needed_values(*compile("task.id == 't/1'"), "task.id"), Optional(ElementsAre("t/1")));
}

TEST(Needs, OfSeveralConditionsAnyMayBindIt) {
  EXPECT_THAT(sources("type == 'x' && source == 'a'"), Optional(ElementsAre("a")));
  EXPECT_THAT(sources("source in ['a', 'b'] && source in ['b', 'c']"), Optional(ElementsAre("b")));
  EXPECT_THAT(sources("source == 'a' && source == 'b'"), Optional(IsEmpty()));
}

TEST(Needs, OfAlternativesAllHaveTo) {
  EXPECT_THAT(sources("source == 'b' && type == 'x' || source == 'a' && type == 'y'"),
              Optional(ElementsAre("a", "b")));
  EXPECT_THAT(sources("data.n == 1 ? source == 'a' : source == 'b'"), Optional(ElementsAre("a", "b")));
  EXPECT_EQ(sources("source == 'a' || type == 'x'"), std::nullopt);
}

TEST(Needs, AnythingElseLeavesItOpen) {
  for (const char* expression : {"true", "type == 'x'", "source != 'a'", "!(source == 'a')", "source == type",
                                 "source.startsWith('a')", "data.source == 'a'", "source in [type]"}) {
    EXPECT_EQ(sources(expression), std::nullopt) << expression;
  }
  EXPECT_THAT(sources("false"), Optional(IsEmpty()));
}

}  // namespace
}  // namespace bus::predicate
