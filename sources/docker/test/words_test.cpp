#include "sources/docker/words.h"

#include <gtest/gtest.h>

namespace bus::docker {
namespace {

TEST(SignalNumber, ReadsNumbersAndNames) {
  EXPECT_EQ(signal_number("15"), 15);
  EXPECT_EQ(signal_number("TERM"), 15);
  EXPECT_EQ(signal_number("SIGTERM"), 15);
  EXPECT_EQ(signal_number("64"), 64);
  for (const char* odd : {"", "0", "65", "-9", "SIGNOPE"}) EXPECT_EQ(signal_number(odd), 0) << odd;
  EXPECT_EQ(signal_name(9), "SIGKILL");
  EXPECT_EQ(signal_name(64), "");
}

TEST(EndingOf, WithoutASignalTheCodeDecides) {
  EXPECT_EQ(ending_of({0, false, 0}).result, Outcome::success);
  EXPECT_EQ(ending_of({3, false, 0}).result, Outcome::failure);
  EXPECT_EQ(ending_of({3, false, 0}).detail, "exit 3");
  EXPECT_EQ(ending_of({137, false, 0}).result, Outcome::failure);
  EXPECT_EQ(ending_of({std::nullopt, false, 9}).result, Outcome::error);
}

TEST(EndingOf, OutOfMemoryNeedsTheKernelsKill) {
  EXPECT_EQ(ending_of({137, true, 0}).result, Outcome::error);
  EXPECT_EQ(ending_of({137, true, 0}).detail, "oom");
  EXPECT_EQ(ending_of({1, true, 0}).result, Outcome::failure);
}

TEST(EndingOf, SignalThatEndsMakesItACancellation) {
  EXPECT_EQ(ending_of({0, false, 15}).result, Outcome::cancellation);
  EXPECT_EQ(ending_of({0, false, 15}).detail, "SIGTERM");
  EXPECT_EQ(ending_of({137, false, 15}).detail, "SIGKILL");
  EXPECT_EQ(ending_of({138, false, 10}).detail, "SIGUSR1");
  EXPECT_EQ(ending_of({128 + 50, false, 50}).detail, "signal 50");
  EXPECT_EQ(ending_of({0, false, 1}).result, Outcome::success);
  EXPECT_EQ(ending_of({143, false, kSomeSignal}).result, Outcome::cancellation);
  EXPECT_EQ(ending_of({1, false, kSomeSignal}).result, Outcome::failure);
}

TEST(HealthOf, IsFinishedWhenTheCheckHasAnswered) {
  EXPECT_EQ(health_of("healthy").result, Outcome::success);
  EXPECT_EQ(health_of("unhealthy").result, Outcome::failure);
  EXPECT_EQ(health_of("starting").state, State::running);
  EXPECT_EQ(health_of("odd").state, State::unknown);
}

}  // namespace
}  // namespace bus::docker
