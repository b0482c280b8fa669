#include "sources/pytest/words.h"

#include <gtest/gtest.h>

namespace bus::pytest {
namespace {

TEST(Words, EveryVerdictHasItsNameAndResult) {
  for (std::size_t i = 0; i < kVerdicts; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    EXPECT_EQ(verdict_named(name(verdict)), verdict);
    EXPECT_NE(result_of(verdict), Outcome::none);
  }
  EXPECT_EQ(verdict_named("great"), std::nullopt);
}

TEST(CountsTest, TellsTheWorstFirstAndCountsATryAsNoTest) {
  Counts counts;
  EXPECT_EQ(counts.text(), "no tests");
  EXPECT_EQ(counts.json(), "");
  counts.set(Verdict::passed, 3);
  counts.add(Verdict::failed);
  counts.add(Verdict::rerun);
  EXPECT_EQ(counts.text(), "1 failed, 3 passed, 1 rerun");
  EXPECT_EQ(counts.json(), R"({"passed":3,"failed":1,"rerun":1})");
  EXPECT_EQ(counts.total(), 4u);
  EXPECT_TRUE(counts.bad());
}

TEST(SessionEndTest, AnInterruptionIsACancellationOnlyWhereSomebodyInterrupted) {
  Counts bad;
  bad.add(Verdict::failed);
  EXPECT_EQ(session_end(2, bad, false, false).result, Outcome::cancellation);
  EXPECT_EQ(session_end(2, bad, true, false).result, Outcome::failure);
  EXPECT_EQ(session_end(2, {}, true, false).result, Outcome::cancellation);
  EXPECT_EQ(session_end(2, {}, true, true).result, Outcome::error);
}

}  // namespace
}  // namespace bus::pytest
