#include "core/http/workers.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "core/base/clock.h"

namespace bus::http {
namespace {

class WorkersTest : public ::testing::Test {
 protected:
  std::unique_ptr<Connection> connection() {
    return std::make_unique<Connection>(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), "nobody", false,
                                        state);
  }
  metrics::Registry registry;
  Router router{registry};
  ServerState state{{}, router, registry, system_clock()};
};

TEST_F(WorkersTest, WorkAtTheSameTimeUpToTheirNumber) {
  std::promise<void> go_on;
  auto gate = go_on.get_future().share();
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  Workers workers(3, [&](std::unique_ptr<Connection>) {
    const int now = ++inside;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    gate.wait();
    --inside;
    ++done;
  });
  ASSERT_TRUE(workers.start().ok());
  for (int i = 0; i < 10; ++i) workers.give(connection());
  while (inside < 3) std::this_thread::yield();
  go_on.set_value();
  while (done < 10) std::this_thread::yield();
  EXPECT_EQ(most, 3);
}

TEST_F(WorkersTest, StopWaitsForWorkAndClosesTheRest) {
  std::promise<void> inside;
  std::atomic<int> done = 0;
  Workers workers(1, [&](std::unique_ptr<Connection>) {
    inside.set_value();
    ++done;
  });
  ASSERT_TRUE(workers.start().ok());
  workers.give(connection());
  inside.get_future().wait();
  workers.stop();
  EXPECT_EQ(done, 1);
  workers.give(connection());
  workers.stop();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(state.open, 0u);
}

TEST_F(WorkersTest, MayBeStoppedAtAnyMoment) {
  for (int i = 0; i < 200; ++i) {
    Workers workers(4, [](std::unique_ptr<Connection>) {});
    ASSERT_TRUE(workers.start().ok());
    for (int k = 0; k < i % 5; ++k) workers.give(connection());
    workers.stop();
  }
  EXPECT_EQ(state.open, 0u);
}

}  // namespace
}  // namespace bus::http
