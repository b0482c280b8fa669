#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/base/bounded_queue.h"
#include "core/base/gate.h"
#include "core/base/secret.h"

namespace bus {
namespace {

TEST(Gate, LetsNobodyInOnceClosedAndWaitsForThoseInside) {
  Gate gate;
  auto pass = std::make_unique<Gate::Pass>(gate.enter());
  ASSERT_TRUE(*pass);
  std::atomic<bool> closed{false};
  std::thread closer([&] {
    gate.close();
    closed = true;
  });
  while (gate.enter()) std::this_thread::yield();
  EXPECT_FALSE(closed);
  pass.reset();
  closer.join();
  EXPECT_TRUE(closed);
  gate.close();
}

TEST(BoundedQueue, RefusesOrWaitsWhenFull) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_FALSE(queue.try_push(2));
  std::thread pusher([&] { EXPECT_TRUE(queue.push(3)); });
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 3);
  pusher.join();
}

TEST(BoundedQueue, GivesOutWhatIsInsideAfterClosing) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.push(1));
  queue.close();
  EXPECT_FALSE(queue.push(2));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, PopUntilGivesUp) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.pop_until(std::chrono::steady_clock::now()), std::nullopt);
}

TEST(Secret, MovesLeaveNothingBehind) {
  Secret one("a rather long secret that is on the heap");
  const Secret two = std::move(one);
  EXPECT_TRUE(one.empty());  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_EQ(two.reveal(), "a rather long secret that is on the heap");
}

}  // namespace
}  // namespace bus
