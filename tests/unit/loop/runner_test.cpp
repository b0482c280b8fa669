#include "core/loop/runner.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <future>
#include <thread>
#include <vector>

#include "core/base/unique_fd.h"
#include "tests/support/fake_clock.h"

namespace bus::loop {
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
  Runner runner_{"test", clock_, Runner::Bounds{.jobs = 3}};
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

TEST(RunnerWait, SleepsUntilThereIsSomethingToDo) {
  Runner runner("test", system_clock());
  const Mono never = system_clock().monotonic() + 1h;
  runner.wait(system_clock().monotonic());  // a time that has come ends it at once
  bool ran = false;
  std::thread other([&] { runner.post("job", [&] { ran = true; }); });
  while (!ran) {
    runner.wait(never);
    runner.step();
  }
  other.join();
  bool fired = false;
  runner.arm(system_clock().monotonic() + 1ms, 0us, "timer", [&](Runner::TimerId) { fired = true; });
  while (!fired) {
    runner.wait(std::nullopt);
    runner.step();
  }
}

TEST(RunnerWait, ADescriptorThatIsReadyEndsIt) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const UniqueFd out(ends[0]), in(ends[1]);
  Runner runner("test", system_clock());
  bool ready = false;
  ASSERT_TRUE(runner.watch(out.get(), EPOLLIN, "fd", [&](auto, auto) { ready = true; }).ok());
  ASSERT_EQ(::write(in.get(), "x", 1), 1);
  while (!ready) {
    runner.wait(std::nullopt);
    runner.step();
  }
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
  for (std::size_t i = 0; i < Runner::Bounds{}.timers; ++i) EXPECT_NE(arm(1h, 0us, 0), 0u);
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

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    out.reset(ends[0]), in.reset(ends[1]);
  }
  void fill() const { EXPECT_EQ(::write(in.get(), "x", 1), 1); }
  void drain() const {
    char byte = 0;
    EXPECT_EQ(::read(out.get(), &byte, 1), 1);
  }
  UniqueFd out, in;
};

TEST_F(RunnerTest, WatchesAsLongAsADescriptorIsReady) {
  const Pipe pipe;
  const auto id = runner_.watch(pipe.out.get(), EPOLLIN, "fd", [&](Runner::WatchId, std::uint32_t events) {
    seen_.push_back(static_cast<int>(events));
  });
  ASSERT_TRUE(id.ok());
  runner_.step();
  EXPECT_THAT(seen_, IsEmpty());
  pipe.fill();
  runner_.step();
  runner_.step();
  EXPECT_THAT(seen_, ElementsAre(EPOLLIN, EPOLLIN));
  pipe.drain();
  runner_.step();
  EXPECT_EQ(seen_.size(), 2u);
  EXPECT_TRUE(runner_.rewatch(*id, 0).ok());
  pipe.fill();
  runner_.step();
  EXPECT_EQ(seen_.size(), 2u);
  EXPECT_TRUE(runner_.rewatch(*id, EPOLLIN).ok());
  runner_.step();
  EXPECT_EQ(seen_.size(), 3u);
  runner_.unwatch(*id);
  runner_.unwatch(*id);
  runner_.step();
  EXPECT_EQ(seen_.size(), 3u);
  EXPECT_FALSE(runner_.rewatch(*id, EPOLLIN).ok());
}

TEST_F(RunnerTest, AWatchMayRemoveAnotherThatIsReady) {
  const Pipe one, two;
  one.fill(), two.fill();
  Runner::WatchId ids[2];
  for (int i = 0; i < 2; ++i) {
    auto made = runner_.watch((i == 0 ? one : two).out.get(), EPOLLIN, "fd", [&, i](auto, auto) {
      seen_.push_back(i);
      runner_.unwatch(ids[1 - i]);
    });
    ASSERT_TRUE(made.ok());
    ids[i] = *made;
  }
  runner_.step();
  EXPECT_EQ(seen_.size(), 1u);
}

TEST_F(RunnerTest, RefusesWhatCannotBeWatched) {
  const Pipe pipe;
  const auto nothing = [](auto, auto) {};
  EXPECT_EQ(runner_.watch(-1, EPOLLIN, "fd", nothing).error().code, Code::invalid);
  const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(runner_.watch(file.get(), EPOLLIN, "fd", nothing).error().code, Code::invalid);
  const auto paused = runner_.watch(pipe.out.get(), 0, "fd", nothing);
  ASSERT_TRUE(paused.ok());
  EXPECT_EQ(runner_.watch(pipe.out.get(), EPOLLIN, "fd", nothing).error().code, Code::invalid);
  ASSERT_TRUE(runner_.rewatch(*paused, EPOLLIN).ok());
  EXPECT_EQ(runner_.watch(pipe.out.get(), EPOLLIN, "fd", nothing).error().code, Code::invalid);
}

TEST_F(RunnerTest, ForgetsADescriptorThatWasClosedUnderItsWatch) {
  int calls = 0;
  auto pipe = std::make_unique<Pipe>();
  const int number = pipe->out.get();
  pipe->fill();
  const UniqueFd copy(::dup(number));  // keeps the kernel reporting
  const auto old = runner_.watch(number, EPOLLIN, "fd", [&](auto, auto) { ++calls; });
  ASSERT_TRUE(old.ok());
  pipe.reset();
  runner_.unwatch(*old);
  runner_.step();
  EXPECT_EQ(calls, 0);
  const Pipe other;
  const auto fresh = runner_.watch(other.out.get(), EPOLLIN, "fd", [&](auto, auto) { ++calls; });
  ASSERT_TRUE(fresh.ok());
  other.fill();
  runner_.step();
  runner_.step();
  EXPECT_EQ(calls, 2);
}

TEST_F(RunnerTest, SleepsForJobsTimersAndDescriptorsTogether) {
  const Pipe pipe;
  std::promise<void> ready, job;
  Runner::WatchId id = 0;
  std::promise<void> watched;
  runner_.start();
  runner_.post("watch", [&] {
    auto made = runner_.watch(pipe.out.get(), EPOLLIN, "fd", [&](auto, auto) {
      pipe.drain();
      ready.set_value();
    });
    id = made ? *made : 0;
    watched.set_value();
  });
  watched.get_future().wait();
  EXPECT_NE(id, 0u);
  pipe.fill();
  ready.get_future().wait();
  runner_.post("job", [&] { job.set_value(); });
  job.get_future().wait();
  EXPECT_TRUE(runner_.stop(10s));
}

TEST_F(RunnerTest, TakesJobsOfManyThreadsWhileItWatches) {
  const Pipe pipe;
  Runner runner("many", clock_, Runner::Bounds{.jobs = 1000});
  runner.start();
  runner.post("watch", [&] { (void)runner.watch(pipe.out.get(), EPOLLIN, "fd", [&](auto, auto) {}); });
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

TEST_F(RunnerTest, TakesJobsOfManyThreads) {
  Runner runner("many", clock_, Runner::Bounds{.jobs = 1000});
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
}  // namespace bus::loop
