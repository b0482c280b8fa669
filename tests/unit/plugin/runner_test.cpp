#include "core/plugin/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

#include "tests/support/fake_clock.h"

namespace bus::plugin {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RunnerTest : public ::testing::Test {
 protected:
  Runner::TimerId arm(nanoseconds after, microseconds period, int mark) {
    return runner_.arm(clock_.monotonic() + after, period, "timer",
                       [=, this](Runner::TimerId) { seen_.push_back(mark); });
  }
  testing::FakeClock clock_;
  std::vector<int> seen_;
  Runner runner_{"test", clock_, 3};
};

TEST_F(RunnerTest, RunsJobsInOrder) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(runner_.try_post("job", [=, this] { seen_.push_back(i); }));
  EXPECT_EQ(runner_.waiting(), 3u);
  EXPECT_EQ(runner_.step(), std::nullopt);
  EXPECT_THAT(seen_, ElementsAre(0, 1, 2));
  EXPECT_EQ(runner_.waiting(), 0u);
}

TEST_F(RunnerTest, BoundsItsQueue) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(runner_.try_post("job", [] {}));
  EXPECT_FALSE(runner_.try_post("job", [] {}));
  EXPECT_TRUE(runner_.post("job", [] {}));
  runner_.step();
  EXPECT_TRUE(runner_.try_post("job", [] {}));
}

TEST_F(RunnerTest, FiresTimersWhenDue) {
  arm(2s, 0us, 2);
  arm(1s, 0us, 1);
  EXPECT_EQ(runner_.step(), clock_.monotonic() + 1s);
  EXPECT_THAT(seen_, IsEmpty());
  clock_.advance(1s);
  EXPECT_EQ(runner_.step(), clock_.monotonic() + 1s);
  clock_.advance(1s);
  EXPECT_EQ(runner_.step(), std::nullopt);
  EXPECT_THAT(seen_, ElementsAre(1, 2));
}

TEST_F(RunnerTest, RepeatsAndDoesNotMakeUpForMissedPeriods) {
  const auto timer = arm(1s, 1s, 1);
  clock_.advance(10s);
  EXPECT_EQ(runner_.step(), clock_.monotonic() + 1s);
  EXPECT_THAT(seen_, ElementsAre(1));
  runner_.cancel(timer);
  EXPECT_EQ(runner_.step(), std::nullopt);
}

TEST_F(RunnerTest, CancelledTimersDoNotFire) {
  const auto first = arm(1s, 0us, 1);
  arm(1s, 0us, 2);
  runner_.cancel(first);
  runner_.cancel(first);
  runner_.cancel(4711);
  clock_.advance(1s);
  runner_.step();
  EXPECT_THAT(seen_, ElementsAre(2));
}

TEST_F(RunnerTest, ATimerMayCancelItselfAndArmOthers) {
  Runner::TimerId self = 0;
  self = runner_.arm(clock_.monotonic(), 1ms, "timer", [&](Runner::TimerId id) {
    EXPECT_EQ(id, self);
    runner_.cancel(id);
    arm(0s, 0us, 7);
  });
  runner_.step();
  runner_.step();
  EXPECT_THAT(seen_, ElementsAre(7));
}

TEST_F(RunnerTest, BoundsItsTimers) {
  for (std::size_t i = 0; i < Runner::kMaxTimers; ++i) EXPECT_NE(arm(1h, 0us, 0), 0u);
  EXPECT_EQ(arm(1h, 0us, 0), 0u);
}

TEST_F(RunnerTest, StopRunsWhatWaitsAndRefusesTheRest) {
  runner_.start();
  std::promise<void> done;
  runner_.post("job", [&] { done.set_value(); });
  EXPECT_TRUE(runner_.stop(10s));
  EXPECT_EQ(done.get_future().wait_for(0s), std::future_status::ready);
  EXPECT_FALSE(runner_.post("job", [] {}));
  EXPECT_TRUE(runner_.stop(10s));
}

TEST_F(RunnerTest, StopIsSafeWithoutStart) {
  EXPECT_TRUE(runner_.stop(0ms));
}

TEST_F(RunnerTest, TellsWhatItIsDoing) {
  runner_.start();
  auto inside = std::make_shared<std::promise<void>>();
  std::promise<void> leave;
  runner_.post("long", [inside, left = leave.get_future().share()] {
    inside->set_value();
    left.wait();
  });
  inside->get_future().wait();
  clock_.advance(5s);
  const auto call = runner_.current();
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->what, "long");
  EXPECT_EQ(call->running, 5s);
  EXPECT_FALSE(runner_.stop(1ms));  // it is left to itself
  leave.set_value();
}

TEST_F(RunnerTest, TakesJobsOfManyThreads) {
  Runner runner("many", clock_, 1000);
  runner.start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 100; ++n) runner.post("job", [this, n] { seen_.push_back(n); });
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(runner.stop(10s));
  EXPECT_EQ(seen_.size(), 400u);
}

}  // namespace
}  // namespace bus::plugin
