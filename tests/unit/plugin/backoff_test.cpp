#include "core/plugin/backoff.h"

#include <gtest/gtest.h>

namespace bus::plugin {
namespace {

TEST(Backoff, GrowsToAMinuteAndIsJittered) {
  Backoff backoff(1);
  microseconds step = Backoff::kFirst;
  for (int i = 0; i < 12; ++i) {
    const microseconds pause = backoff.next();
    EXPECT_GE(pause, step / 2);
    EXPECT_LE(pause, step);
    step = std::min(step * 2, Backoff::kMost);
  }
  EXPECT_EQ(step, Backoff::kMost);
  backoff.reset();
  EXPECT_LE(backoff.next(), Backoff::kFirst);
}

}  // namespace
}  // namespace bus::plugin
