#include "sources/exec/pace.h"

#include <gtest/gtest.h>

namespace bus::exec {
namespace {

using namespace std::chrono_literals;

void expect_about(std::chrono::microseconds pause, std::chrono::microseconds about) {
  EXPECT_GE(pause, about * 8 / 10);
  EXPECT_LE(pause, about * 12 / 10);
}

TEST(Pauses, GrowUpToABound) {
  Pauses pauses(1s, 5s, 7);
  for (const auto about : {1s, 2s, 4s, 5s, 5s}) expect_about(pauses.after(0s), about);
}

TEST(Pauses, StartOverAfterASteadyRun) {
  Pauses pauses(1s, 5min, 7);
  expect_about(pauses.after(59s), 1s);
  expect_about(pauses.after(59s), 2s);
  expect_about(pauses.after(60s), 1s);
  Pauses shorter(100ms, 1s, 7);
  expect_about(shorter.after(0s), 100ms);
  expect_about(shorter.after(0s), 200ms);
  expect_about(shorter.after(1s), 100ms);
}

TEST(Allowance, IsForAMinute) {
  Allowance allowance(2);
  EXPECT_TRUE(allowance.take(1'000'000));
  EXPECT_TRUE(allowance.take(2'000'000));
  EXPECT_FALSE(allowance.take(3'000'000));
  EXPECT_FALSE(allowance.take(59'000'000));
  EXPECT_EQ(allowance.take_left_out(), 2u);
  EXPECT_EQ(allowance.take_left_out(), 0u);
  EXPECT_TRUE(allowance.take(61'000'001));
  EXPECT_TRUE(allowance.take(5));  // the clock was set back
}

}  // namespace
}  // namespace bus::exec
