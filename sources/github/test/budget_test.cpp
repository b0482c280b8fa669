#include "sources/github/budget.h"

#include <gtest/gtest.h>

#include "sources/github/cadence.h"

namespace bus::github {
namespace {

constexpr std::int64_t kSecond = Budget::kSecond, kMinute = 60 * kSecond;
constexpr std::int64_t kNow = 1'800'000'000 * kSecond;

// 5,000 an hour, of which so many are left; the reset is in half an hour.
Rate left(std::int64_t remaining, std::int64_t limit = 5000) {
  Rate rate;
  rate.limit = limit, rate.remaining = remaining;
  rate.date_s = kNow / kSecond, rate.reset_s = *rate.date_s + 1800;
  return rate;
}

TEST(Budget, StartsFree) {
  EXPECT_LE(Budget(20).free_at(kNow), kNow);
  EXPECT_FALSE(Budget(20).view(kNow));
}

TEST(Budget, KeepsTheReserve) {
  Budget budget(20);
  budget.answered(200, false, left(1001), kNow, 0);
  EXPECT_LE(budget.free_at(kNow), kNow);
  budget.answered(200, false, left(1000), kNow, 0);
  EXPECT_EQ(budget.free_at(kNow), kNow + 30 * kMinute);
  EXPECT_EQ(budget.why(kNow), "what is left of the budget is kept in reserve");
  EXPECT_LE(budget.free_at(kNow + 30 * kMinute), kNow + 30 * kMinute);
  EXPECT_EQ(budget.view(kNow)->reserve, 1000);
}

TEST(Budget, SixtyAnHourHaveAReserveToo) {
  Budget budget(20);
  budget.answered(200, false, left(12, 60), kNow, 0);
  EXPECT_GT(budget.free_at(kNow), kNow);
}

TEST(Budget, RetryAfterGoesFirst) {
  Budget budget(20);
  Rate rate = left(0);
  rate.retry_after_s = 7;
  budget.answered(403, true, rate, kNow, 0);
  // The reserve holds as well, so only a budget that is not used up shows it.
  budget = Budget(20);
  rate.remaining = 4000;
  budget.answered(429, true, rate, kNow, 0.5);
  EXPECT_EQ(budget.free_at(kNow), kNow + 7 * kSecond + kSecond / 2);
}

TEST(Budget, AnEmptyBudgetWaitsForTheReset) {
  Budget budget(20);
  budget.answered(403, true, left(0), kNow, 0);
  EXPECT_EQ(budget.free_at(kNow), kNow + 30 * kMinute + kSecond);
}

TEST(Budget, ASecondaryLimitGrowsFromAMinute) {
  Budget budget(20);
  std::int64_t before = 0;
  for (int n = 0; n < 12; ++n) {
    budget.answered(403, true, left(4000), kNow, 0);
    const std::int64_t pause = budget.free_at(kNow) - kNow;
    EXPECT_GE(pause, kMinute);
    EXPECT_GE(pause, before);
    EXPECT_LE(pause, 60 * kMinute);
    before = pause;
  }
  EXPECT_EQ(before, 60 * kMinute);
  budget.answered(200, false, left(3999), kNow, 0);
  EXPECT_LE(budget.free_at(kNow), kNow);
  EXPECT_EQ(budget.failures(), 0u);
}

TEST(Budget, FailuresBackOffWithJitter) {
  Budget budget(20);
  budget.failed("nobody there", kNow, 0);
  EXPECT_EQ(budget.free_at(kNow), kNow + 5 * kSecond);
  EXPECT_EQ(budget.why(kNow), "nobody there");
  budget.failed("nobody there", kNow, 1);
  EXPECT_EQ(budget.free_at(kNow), kNow + 10 * kSecond * 3 / 4);
  for (int n = 0; n < 40; ++n) budget.failed("nobody there", kNow, 0);
  EXPECT_EQ(budget.free_at(kNow), kNow + 5 * kMinute);
}

TEST(Budget, ADeniedTokenIsNotTriedAtOnce) {
  Budget budget(20);
  budget.denied(kNow);
  EXPECT_TRUE(budget.is_denied());
  EXPECT_EQ(budget.free_at(kNow), kNow + 5 * kMinute);
  budget.answered(200, false, left(4000), kNow, 0);
  EXPECT_FALSE(budget.is_denied());
}

TEST(Budget, TheResetIsByGitHubsClock) {
  Budget budget(20);
  Rate rate = left(900);
  *rate.date_s += 86400, *rate.reset_s += 86400;  // our clock is a day behind
  budget.answered(200, false, rate, kNow, 0);
  EXPECT_EQ(budget.free_at(kNow), kNow + 30 * kMinute);
}

TEST(Budget, AClockThatIsSetBackStopsNobody) {
  Budget budget(20);
  budget.answered(200, false, left(900), kNow, 0);
  EXPECT_LE(budget.free_at(kNow - 100'000 * kSecond), kNow - 100'000 * kSecond);
}

TEST(Budget, RoundsAreSpreadOverWhatMayBeSpent) {
  Budget budget(20);
  EXPECT_EQ(budget.pause_us(10, kNow), 0);
  budget.answered(200, false, left(1900), kNow, 0);  // 900 to spend in 1,800 s
  EXPECT_NEAR(static_cast<double>(budget.pause_us(10, kNow)), 20e6, 1e6);
  // Answers that nothing has changed cost a token nothing.
  for (int n = 0; n < 30; ++n) budget.answered(304, false, left(1900), kNow, 0);
  EXPECT_LE(budget.pause_us(10, kNow), 2 * kSecond);
}

TEST(Limited, TellsALimitFromAMissingRight) {
  EXPECT_TRUE(is_limited(429, {}, ""));
  EXPECT_TRUE(is_limited(403, left(0), ""));
  EXPECT_TRUE(is_limited(403, left(99), "You have exceeded a secondary rate limit. Please wait"));
  Rate rate = left(99);
  EXPECT_FALSE(is_limited(403, rate, "Resource not accessible by personal access token"));
  rate.retry_after_s = 5;
  EXPECT_TRUE(is_limited(403, rate, ""));
  EXPECT_FALSE(is_limited(404, left(0), ""));
}

TEST(Cadence, FollowsWhatHappens) {
  const Cadence cadence;
  Situation now;
  EXPECT_EQ(pause_of(cadence, now), 45 * kSecond);
  now.active = true;
  EXPECT_EQ(pause_of(cadence, now), 15 * kSecond);
  now.active = false, now.quiet_us = 20 * kMinute;
  EXPECT_EQ(pause_of(cadence, now), 90 * kSecond);
  now.quiet_us = 120 * kMinute;
  EXPECT_EQ(pause_of(cadence, now), 300 * kSecond);
  now.fed = true, now.active = true;
  EXPECT_EQ(pause_of(cadence, now), 900 * kSecond);
  now.waited_for = true;
  EXPECT_EQ(pause_of(cadence, now), 45 * kSecond);
  now.fed = false;
  EXPECT_EQ(pause_of(cadence, now), 15 * kSecond);
}

}  // namespace
}  // namespace bus::github
