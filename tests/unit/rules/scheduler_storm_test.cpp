// Ten thousand matches against each policy, with exact counts; and whatever else may come, in any order.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/rules/scheduler_harness.h"

namespace bus::rules {
namespace {

using namespace std::chrono_literals;

constexpr int kStorm = 10'000;

// Offers the storm, one match every `every`; waits where there is no room. Returns when all is over.
void storm(SchedulerHarness& harness, microseconds every, int keys = 0) {
  for (int i = 0; i < kStorm; ++i) {
    while (!harness.scheduler().has_room()) harness.pass(1ms);
    harness.offer(keys == 0 ? "" : std::to_string(i % keys));
    harness.pass(every);
  }
  harness.finish();
}

TEST(SchedulerStorm, QueueRunsEachMatchOnce) {
  SchedulerHarness harness({}, 1ms);
  storm(harness, 0us);
  EXPECT_EQ(harness.starts.size(), 10'000u);
  EXPECT_EQ(harness.folded + harness.dropped, 0u);
  for (std::size_t i = 0; i < harness.starts.size(); ++i) ASSERT_EQ(harness.starts[i].run, i + 1);
}

TEST(SchedulerStorm, JobsShareTheQueue) {
  SchedulerHarness harness({.jobs = 4}, 4ms);
  storm(harness, 0us);
  EXPECT_EQ(harness.starts.size(), 10'000u);
  EXPECT_EQ(harness.starts.back().at - harness.starts.front().at, 4ms * (10'000 / 4 - 1));
}

TEST(SchedulerStorm, LatestAtOnceIsTwoRuns) {
  SchedulerHarness harness({.when_busy = WhenBusy::latest}, 1s);
  storm(harness, 0us);
  EXPECT_EQ(harness.starts.size(), 2u);
  EXPECT_EQ(harness.folded, 9'998u);
}

TEST(SchedulerStorm, LatestInTimeIsOneRunAfterTheOther) {
  SchedulerHarness harness({.when_busy = WhenBusy::latest}, 100ms);
  storm(harness, 1ms);  // 10 s of matches
  EXPECT_EQ(harness.starts.size(), 101u);
  EXPECT_EQ(harness.folded, 10'000u - 101u);
}

TEST(SchedulerStorm, DropAtOnceIsOneRun) {
  SchedulerHarness harness({.when_busy = WhenBusy::drop}, 1s);
  storm(harness, 0us);
  EXPECT_EQ(harness.starts.size(), 1u);
  EXPECT_EQ(harness.dropped, 9'999u);
}

TEST(SchedulerStorm, DropInTimeRunsWhenFree) {
  SchedulerHarness harness({.when_busy = WhenBusy::drop}, 100ms);
  storm(harness, 1ms);
  EXPECT_EQ(harness.starts.size(), 100u);
  EXPECT_EQ(harness.dropped, 9'900u);
}

TEST(SchedulerStorm, RestartStopsOnceForWhatComesWhileItStops) {
  SchedulerHarness harness({.when_busy = WhenBusy::restart}, 1h);
  harness.stops_take(50ms);
  storm(harness, 1ms);
  // One stop each 50 ms, the first at the second match (1 ms); the last one runs to its end.
  EXPECT_EQ(harness.starts.size(), harness.stopped + 1);
  EXPECT_EQ(harness.starts.size(), 201u);
  EXPECT_EQ(harness.starts.size() + harness.folded, 10'000u);
}

TEST(SchedulerStorm, RestartAtOnceIsARunForEach) {
  SchedulerHarness harness({.when_busy = WhenBusy::restart}, 1h);
  storm(harness, 0us);  // programs that end the moment they are told to
  EXPECT_EQ(harness.starts.size(), 10'000u);
  EXPECT_EQ(harness.stopped, 9'999u);
}

TEST(SchedulerStorm, KeysRunOneAtATimeEach) {
  SchedulerHarness harness({.when_busy = WhenBusy::latest, .jobs = 100, .keyed = true}, 1s);
  storm(harness, 0us, 100);
  EXPECT_EQ(harness.starts.size(), 200u);
  EXPECT_EQ(harness.folded, 9'800u);
}

TEST(SchedulerStorm, KeysWithAQueueRunAll) {
  SchedulerHarness harness({.keyed = true, .max_queued = 50}, 1ms);
  storm(harness, 0us, 16);
  EXPECT_EQ(harness.starts.size(), 10'000u);
}

TEST(SchedulerStorm, DebounceIsOneRunForAll) {
  SchedulerHarness harness({.debounce = 10ms});
  storm(harness, 1ms);
  EXPECT_EQ(harness.starts.size(), 1u);
  EXPECT_EQ(harness.folded, 9'999u);
}

TEST(SchedulerStorm, MaxWaitCutsTheStorm) {
  SchedulerHarness harness({.debounce = 10ms, .max_wait = 100ms}, 0us);
  storm(harness, 1ms);
  EXPECT_EQ(harness.starts.size(), 100u);
  EXPECT_EQ(harness.folded, 9'900u);
}

TEST(SchedulerStorm, RateBoundsTheStarts) {
  SchedulerHarness harness({.when_busy = WhenBusy::drop, .rate = Rate{5, 1s}}, 0us);
  storm(harness, 1ms);  // 10 s
  EXPECT_EQ(harness.starts.size(), 50u);
  EXPECT_EQ(harness.dropped, 9'950u);
}

TEST(SchedulerStorm, RateWithAQueueLosesNothing) {
  SchedulerHarness harness({.rate = Rate{100, 1s}}, 0us);
  storm(harness, 0us);
  EXPECT_EQ(harness.starts.size(), 10'000u);
  EXPECT_EQ(harness.starts.back().at - harness.starts.front().at, 99s);
}

TEST(SchedulerStorm, RetriesOfEach) {
  SchedulerHarness harness({.retries = 2, .backoff = 1ms, .max_queued = 50}, 0us);
  harness.programs(Ended::badly, 0us);
  storm(harness, 0us);
  EXPECT_EQ(harness.starts.size(), 30'000u);
}

TEST(SchedulerStorm, TimesEndsIt) {
  SchedulerHarness harness({.times = 7}, 1ms);
  storm(harness, 0us);
  EXPECT_EQ(harness.starts.size(), 7u);
  EXPECT_EQ(harness.dropped, 9'993u);
}

// Any policy at all that check() accepts.
Policy some_policy(std::mt19937& random) {
  const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  Policy policy;
  policy.when_busy = static_cast<WhenBusy>(pick(3));
  if (pick(1) == 0) policy.jobs = 1 + pick(4);
  policy.keyed = pick(1) == 0;
  if (pick(2) == 0) policy.debounce = milliseconds(1 + pick(20));
  if (policy.debounce && pick(1) == 0) policy.max_wait = *policy.debounce + milliseconds(pick(40));
  if (pick(2) == 0) policy.rate = Rate{1 + pick(5), milliseconds(1 + pick(100))};
  if (pick(2) == 0 && policy.when_busy != WhenBusy::restart) policy.retries = pick(3);
  policy.backoff = milliseconds(1 + pick(10));
  if (pick(4) == 0) policy.times = 1 + pick(200);
  policy.max_queued = static_cast<std::size_t>(1 + pick(30));
  return policy;
}

// What SchedulerHarness checks after each step is what is tested here.
TEST(SchedulerProperties, HoldForAnyPolicyAndAnyOrderOfThings) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
    const Policy policy = some_policy(random);
    ASSERT_TRUE(check(policy));
    SchedulerHarness harness(policy, milliseconds(pick(20)));
    harness.stops_take(milliseconds(pick(5)));
    std::size_t held_back = 0;
    for (int step = 0; step < 500; ++step) {
      if (pick(9) == 0) harness.programs(static_cast<Ended>(pick(2)), milliseconds(pick(30)));
      if (harness.scheduler().has_room()) {
        harness.offer(std::to_string(pick(3)));
      } else {
        ++held_back;
      }
      if (pick(2) == 0) harness.pass(milliseconds(pick(15)));
    }
    harness.finish();
    EXPECT_EQ(harness.alive(), 0u) << "a run waits for nothing";
    EXPECT_EQ(harness.running(), 0u);
    EXPECT_EQ(harness.runs, harness.done + harness.cancelled);
    EXPECT_EQ(harness.runs + harness.folded + harness.dropped + held_back, 500u);
    if (policy.times) {
      EXPECT_LE(harness.done, static_cast<std::size_t>(*policy.times));
    }
    if (policy.when_busy == WhenBusy::drop && !policy.debounce) {
      EXPECT_EQ(held_back, 0u);
    }
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace bus::rules
