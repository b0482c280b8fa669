#include "core/predicate/batch.h"

#include <gtest/gtest.h>

namespace bus::predicate {
namespace {

TEST(Batch, AnswersWithAValue) {
  EXPECT_EQ(answer_batch_line(R"({"expr": "a + 1", "bindings": {"a": {"int": "41"}}})"),
            R"({"value":{"int":"42"}})");
  EXPECT_EQ(answer_batch_line(R"({"expr": "[1u, null]"})"),
            R"({"value":{"list":[{"uint":"1"},{"null":null}]}})");
}

TEST(Batch, ResolvesTheLongestQualifiedName) {
  EXPECT_EQ(answer_batch_line(
                R"({"expr": "a.b.c", "bindings": {"a.b": {"map": [[{"string": "c"}, {"int": "1"}]]}}})"),
            R"({"value":{"int":"1"}})");
  EXPECT_EQ(
      answer_batch_line(R"-({"expr": "[9].exists(a, .a == 1 && a == 9)", "bindings": {"a": {"int": "1"}}})-"),
      R"({"value":{"bool":true}})");
}

TEST(Batch, LeavesUnknownNamesToTheEvaluation) {
  EXPECT_EQ(answer_batch_line(R"({"expr": "nobody || true"})"), R"({"value":{"bool":true}})");
  EXPECT_EQ(answer_batch_line(R"-({"expr": "nothing(1)"})-"), R"({"error":"no such function 'nothing'"})");
}

TEST(Batch, AnswersNonsenseWithAnError) {
  for (const char* line : {"", "{", "[]", "{}", R"({"expr": 1})", R"({"expr": "1 +"})",
                           R"({"expr": "1", "bindings": {"a": 1}})"}) {
    EXPECT_TRUE(answer_batch_line(line).starts_with("{\"error\":")) << line;
  }
}

}  // namespace
}  // namespace bus::predicate
