#include "core/rules/scheduler.h"

#include <gmock/gmock.h>

#include "tests/unit/rules/scheduler_harness.h"

namespace bus::rules {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::vector<RunId> ids(const SchedulerHarness& harness) {
  std::vector<RunId> out;
  for (const auto& start : harness.starts) out.push_back(start.run);
  return out;
}

TEST(Scheduler, QueueRunsAllInOrder) {
  SchedulerHarness harness({});
  EXPECT_EQ(harness.offer().why, Hold::none);
  const Offered second = harness.offer();
  EXPECT_EQ(second.kind, Offered::Kind::run);
  EXPECT_EQ(second.why, Hold::busy);
  harness.offer();
  EXPECT_EQ(harness.running(), 1u);
  EXPECT_EQ(harness.scheduler().waiting(3, harness.now()).why, Hold::busy);
  harness.finish();
  EXPECT_THAT(ids(harness), ElementsAre(1, 2, 3));
}

TEST(Scheduler, AFullQueueHasNoRoomUntilARunBegins) {
  SchedulerHarness harness({.max_queued = 2});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(harness.scheduler().has_room());
    harness.offer();
  }
  EXPECT_FALSE(harness.scheduler().has_room());
  harness.pass(1s);
  EXPECT_EQ(harness.scheduler().room(), 1u);
}

TEST(Scheduler, LatestStandsForThoseBefore) {
  SchedulerHarness harness({.when_busy = WhenBusy::latest});
  harness.offer();
  EXPECT_EQ(harness.offer().kind, Offered::Kind::run);
  const Offered third = harness.offer();
  EXPECT_EQ(third.kind, Offered::Kind::folded);
  EXPECT_EQ(third.run, 2u);
  harness.finish();
  EXPECT_THAT(ids(harness), ElementsAre(1, 2));
}

TEST(Scheduler, DropForgetsWhatCannotRun) {
  SchedulerHarness harness({.when_busy = WhenBusy::drop});
  harness.offer();
  EXPECT_EQ(harness.offer().why, Hold::busy);
  EXPECT_TRUE(harness.scheduler().has_room());
  harness.pass(1s);
  EXPECT_EQ(harness.offer().kind, Offered::Kind::run);
  harness.finish();
  EXPECT_THAT(ids(harness), ElementsAre(1, 3));
}

TEST(Scheduler, DropWithDebounceDecidesWhenItIsQuiet) {
  SchedulerHarness harness({.when_busy = WhenBusy::drop, .debounce = 1s}, 10s);
  harness.offer();
  harness.pass(1s);
  harness.offer();
  harness.offer();
  harness.pass(1s);
  EXPECT_EQ(harness.cancelled, 1u);
  harness.finish();
  EXPECT_THAT(ids(harness), ElementsAre(1));
}

TEST(Scheduler, RestartStopsAndRunsTheNewest) {
  SchedulerHarness harness({.when_busy = WhenBusy::restart}, 1h);
  harness.stops_take(2s);
  harness.offer();
  harness.offer();
  harness.offer();
  EXPECT_EQ(harness.stopped, 1u);
  EXPECT_FALSE(harness.runs_now(2)) << "the first has not ended";
  harness.pass(2s);
  EXPECT_TRUE(harness.runs_now(2));
  EXPECT_EQ(harness.folded, 1u);
}

TEST(Scheduler, RestartKeepsWhatRunsUntilTheRateAllowsTheNext) {
  SchedulerHarness harness({.when_busy = WhenBusy::restart, .rate = Rate{1, 60s}}, 1h);
  harness.offer();
  harness.pass(1s);
  EXPECT_EQ(harness.offer().why, Hold::rate);
  EXPECT_EQ(harness.stopped, 0u);
  harness.pass(59s);
  EXPECT_EQ(harness.stopped, 1u);
  EXPECT_TRUE(harness.runs_now(2));
}

TEST(Scheduler, RestartWithKeysStopsOnlyItsOwn) {
  SchedulerHarness harness({.when_busy = WhenBusy::restart, .jobs = 2, .keyed = true}, 1h);
  harness.offer("a");
  harness.offer("b");
  harness.offer("c");  // no slot, and nothing of its own to stop
  EXPECT_EQ(harness.stopped, 0u);
  harness.offer("a");
  EXPECT_EQ(harness.stopped, 1u);
  harness.pass(0s);
  EXPECT_TRUE(harness.runs_now(3)) << "it waited longer";
}

TEST(Scheduler, KeysRunBesideEachOther) {
  SchedulerHarness harness({.keyed = true});
  harness.offer("a");
  harness.offer("a");
  harness.offer("b");
  EXPECT_THAT(ids(harness), ElementsAre(1, 3));
  harness.finish();
  EXPECT_THAT(ids(harness), ElementsAre(1, 3, 2));
}

TEST(Scheduler, DebounceWaitsForQuiet) {
  SchedulerHarness harness({.debounce = 1s});
  EXPECT_EQ(harness.offer().why, Hold::debounce);
  harness.pass(900ms);
  EXPECT_EQ(harness.offer().kind, Offered::Kind::folded);
  harness.pass(900ms);
  EXPECT_TRUE(harness.starts.empty());
  harness.pass(100ms);
  ASSERT_EQ(harness.starts.size(), 1u);
  EXPECT_EQ(harness.starts[0].run, 1u);
}

TEST(Scheduler, MaxWaitEndsTheWaitingForQuiet) {
  SchedulerHarness harness({.debounce = 1s, .max_wait = 2s});
  for (int i = 0; i < 4; ++i) {
    harness.offer();
    harness.pass(500ms);
  }
  ASSERT_EQ(harness.starts.size(), 1u);
  EXPECT_EQ(harness.starts[0].at - Mono(1000s), 2s);
}

TEST(Scheduler, RateHoldsBack) {
  SchedulerHarness harness({.rate = Rate{2, 10s}}, 0s);
  for (int i = 0; i < 5; ++i) harness.offer();
  harness.pass(0s);
  EXPECT_EQ(harness.starts.size(), 2u);
  EXPECT_EQ(harness.scheduler().waiting(3, harness.now()).until, harness.now() + 10s);
  harness.finish();
  EXPECT_EQ(harness.starts[4].at - harness.starts[0].at, 20s);
}

TEST(Scheduler, RetriesWithGrowingPauses) {
  SchedulerHarness harness({.retries = 3, .backoff = 1s}, 0s);
  harness.programs(Ended::badly, 0s);
  harness.offer();
  harness.offer();  // waits until the first has given up
  harness.finish();
  ASSERT_EQ(harness.starts.size(), 8u);
  const auto at = [&](std::size_t i) { return harness.starts[i].at - harness.starts[0].at; };
  EXPECT_EQ(at(1), 1s);
  EXPECT_EQ(at(2), 3s);
  EXPECT_EQ(at(3), 7s);
  EXPECT_EQ(harness.starts[3].attempt, 4);
  EXPECT_EQ(harness.starts[4].run, 2u);
}

TEST(Scheduler, WhatFailedForGoodIsNotTriedAgain) {
  SchedulerHarness harness({.retries = 3});
  harness.programs(Ended::for_good, 1s);
  harness.offer();
  harness.finish();
  EXPECT_EQ(harness.starts.size(), 1u);
}

TEST(Scheduler, PausesDoubleUpToABound) {
  EXPECT_EQ(Scheduler::pause_before(2, 1s), 1s);
  EXPECT_EQ(Scheduler::pause_before(5, 1s), 8s);
  EXPECT_EQ(Scheduler::pause_before(5'000'000, 1s), 15min);
  EXPECT_EQ(Scheduler::pause_before(3, 1h), 1h) << "what the user asks for is kept";
}

TEST(Scheduler, TimesBoundsTheRuns) {
  SchedulerHarness harness({.times = 2}, 1s);
  harness.offer();
  EXPECT_TRUE(harness.scheduler().wants_more());
  harness.offer();
  EXPECT_FALSE(harness.scheduler().wants_more());
  const Offered third = harness.offer();
  EXPECT_EQ(third.kind, Offered::Kind::dropped);
  EXPECT_EQ(third.why, Hold::exhausted);
  harness.finish();
  EXPECT_EQ(harness.starts.size(), 2u);
  EXPECT_FALSE(Scheduler({.times = 3}, 3).wants_more()) << "runs of before count";
}

TEST(Scheduler, TheLastRunStillGathers) {
  SchedulerHarness harness({.keyed = true, .debounce = 1s, .times = 1});
  harness.offer("a");
  EXPECT_TRUE(harness.scheduler().wants_more());
  EXPECT_EQ(harness.offer("a").kind, Offered::Kind::folded);
  EXPECT_EQ(harness.offer("b").why, Hold::exhausted);
  harness.pass(1s);
  EXPECT_FALSE(harness.scheduler().wants_more());
}

TEST(Scheduler, WhatWasCancelledDoesNotCountForTimes) {
  SchedulerHarness harness({.when_busy = WhenBusy::drop, .debounce = 1s, .times = 2}, 10s);
  harness.offer();
  harness.pass(1s);
  harness.offer();
  harness.pass(1s);
  EXPECT_EQ(harness.cancelled, 1u);
  EXPECT_TRUE(harness.scheduler().wants_more());
}

TEST(Scheduler, ForcedRunsAreOutsideOfThePolicies) {
  Scheduler scheduler({.rate = Rate{1, 1h}, .times = 1});
  const Mono now{};
  scheduler.offer(1, "", now);
  scheduler.force(2, "");
  EXPECT_EQ(scheduler.take().size(), 2u);
  EXPECT_EQ(scheduler.running(), 1u);
  EXPECT_EQ(scheduler.ended(2, Ended::badly, now), std::nullopt);
  EXPECT_EQ(scheduler.running(), 1u);
}

TEST(Scheduler, RestoredRunsWaitAsTheyDidBefore) {
  Scheduler scheduler({.retries = 2, .backoff = 1s});
  const Mono now{};
  scheduler.restore(1, "", 2, now);
  scheduler.restore(2, "", 1, now);
  EXPECT_TRUE(scheduler.take().empty()) << "the second waits behind the one that is tried again";
  EXPECT_EQ(scheduler.due(now), now + 1s);
  scheduler.tick(now + 1s);
  const auto orders = scheduler.take();
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_EQ(orders[0].run, 1u);
  EXPECT_EQ(orders[0].attempt, 2);
}

TEST(Scheduler, RestoredRunsOfOneKeyWaitForEachOther) {
  Scheduler scheduler({.when_busy = WhenBusy::restart, .jobs = 1, .keyed = true});
  const Mono now{};
  scheduler.restore(1, "a", 1, now);
  scheduler.restore(2, "b", 1, now);
  scheduler.restore(3, "c", 1, now);
  scheduler.restore(4, "c", 1, now);
  std::vector<RunId> started;
  for (int i = 0; i < 4; ++i) {
    for (const Order& order : scheduler.take())
      if (order.kind == Order::Kind::start) started.push_back(order.run);
    scheduler.ended(started.back(), Ended::well, now);
  }
  EXPECT_THAT(started, ElementsAre(1, 2, 3, 4));
}

TEST(Scheduler, AnotherPolicyHoldsFromThenOn) {
  Scheduler scheduler({.rate = Rate{3, 60s}});
  Mono now{};
  for (RunId id = 1; id <= 3; ++id) {
    scheduler.offer(id, "", now);
    scheduler.take();
    scheduler.ended(id, Ended::well, now);
    now += 10s;
  }
  scheduler.set_policy({.rate = Rate{1, 60s}});
  EXPECT_EQ(scheduler.offer(4, "", now).until, Mono(20s) + 60s) << "counted from the last start";
}

TEST(Scheduler, ClosedItBeginsNothing) {
  Scheduler scheduler({.retries = 1});
  const Mono now{};
  scheduler.offer(1, "", now);
  scheduler.offer(2, "", now);
  scheduler.take();
  scheduler.close();
  EXPECT_EQ(scheduler.ended(1, Ended::badly, now), std::nullopt);
  EXPECT_TRUE(scheduler.take().empty());
  EXPECT_EQ(scheduler.due(now), std::nullopt);
}

}  // namespace
}  // namespace bus::rules
