#include "core/cli/on_policy.h"

#include <gtest/gtest.h>

#include <csignal>

#include "core/cli/exit_codes.h"

namespace bus::cli {
namespace {

constexpr Mono kStart{};

TEST(OnPolicy, OnceEndsWithTheProgramsStatus) {
  OnPolicy policy({}, kStart);
  EXPECT_TRUE(policy.wants_more());
  EXPECT_FALSE(policy.deadline());
  policy.ran(5, kStart + seconds(1));
  EXPECT_FALSE(policy.wants_more());
  EXPECT_EQ(policy.status(), 5);
}

TEST(OnPolicy, LoopGoesOnAfterFailures) {
  OnPolicy policy({.loop = true}, kStart);
  policy.ran(1, kStart);
  policy.ran(0, kStart);
  EXPECT_TRUE(policy.wants_more());
}

TEST(OnPolicy, TimesBoundsTheRuns) {
  OnPolicy policy({.loop = true, .times = 2}, kStart);
  policy.ran(3, kStart);
  EXPECT_TRUE(policy.wants_more());
  policy.ran(4, kStart);
  EXPECT_FALSE(policy.wants_more());
  EXPECT_EQ(policy.status(), 4);
}

TEST(OnPolicy, TheTimeoutIsIdleTime) {
  OnPolicy policy({.loop = true, .timeout = seconds(10)}, kStart);
  EXPECT_EQ(policy.deadline(), kStart + seconds(10));
  policy.ran(0, kStart + seconds(500));  // a long run is not idle
  EXPECT_EQ(policy.deadline(), kStart + seconds(510));
  policy.timed_out();
  EXPECT_FALSE(policy.wants_more());
  EXPECT_EQ(policy.status(), kTimedOut);
}

TEST(OnPolicy, InterruptedWithoutARun) {
  OnPolicy policy({}, kStart);
  policy.interrupted(SIGINT);
  EXPECT_FALSE(policy.wants_more());
  EXPECT_EQ(policy.status(), kInterrupted);
}

TEST(OnPolicy, InterruptedWhileItRunsOnceTheProgramDecides) {
  OnPolicy policy({}, kStart);
  policy.interrupted(SIGTERM);
  policy.ran(7, kStart);
  EXPECT_EQ(policy.status(), 7);
}

TEST(OnPolicy, InterruptedLoopEndsAsTheSignal) {
  OnPolicy policy({.loop = true}, kStart);
  policy.ran(0, kStart);
  policy.interrupted(SIGTERM);
  policy.ran(0, kStart);
  EXPECT_FALSE(policy.wants_more());
  EXPECT_EQ(policy.status(), 143);
}

}  // namespace
}  // namespace bus::cli
