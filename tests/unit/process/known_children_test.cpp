#include "core/process/known_children.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace bus::process {
namespace {

TEST(KnownChildren, AreKnownFromTheirStartUntilTheyAreReaped) {
  KnownChildren all;
  {
    KnownChildren::Starting starting(all);
    starting.started(7);
  }
  { const KnownChildren::Starting failed(all); }
  EXPECT_TRUE(all.contains(7));
  EXPECT_FALSE(all.contains(-1));
  all.reaped(7);
  EXPECT_FALSE(all.contains(7));
}

TEST(KnownChildren, APauseSeesEveryStartWholeOrNotAtAll) {
  KnownChildren all;
  std::atomic<bool> half = false, wrong = false, done = false;
  std::thread starter([&] {
    for (int i = 0; i < 2000; ++i) {
      KnownChildren::Starting starting(all);
      half = true;
      starting.started(i + 1);
      half = false;
    }
    done = true;
  });
  while (!done) {
    const KnownChildren::Pause pause(all);
    if (half) wrong = true;
  }
  starter.join();
  EXPECT_FALSE(wrong);
}

}  // namespace
}  // namespace bus::process
