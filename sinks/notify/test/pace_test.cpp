#include "sinks/notify/pace.h"

#include <gtest/gtest.h>

namespace bus::notify {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

TEST(Pace, GivesSoManyAMinute) {
  Pace pace(3);
  std::int64_t now = 1000 * kSecond;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pace.take(now));
  EXPECT_FALSE(pace.take(now));
  EXPECT_EQ(pace.wait_us(now), 20 * kSecond);
  now += 19 * kSecond;
  EXPECT_FALSE(pace.take(now));
  now += 1 * kSecond;
  EXPECT_TRUE(pace.take(now));
  EXPECT_FALSE(pace.take(now));
  now += 3600 * kSecond;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pace.take(now));
  EXPECT_FALSE(pace.take(now));
}

TEST(Pace, AClockThatIsSetBackStopsNothingForLong) {
  Pace pace(1);
  EXPECT_TRUE(pace.take(1000 * kSecond));
  EXPECT_FALSE(pace.take(10 * kSecond));
  EXPECT_TRUE(pace.take(70 * kSecond));
}

TEST(Pace, ZeroIsNoBound) {
  Pace pace(0);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(pace.take(1));
  EXPECT_EQ(pace.wait_us(1), 0);
}

TEST(Shown, KnowsTheNewestTasks) {
  Shown shown;
  shown.set("", 5);
  EXPECT_EQ(shown.of(""), 0u);
  for (std::uint32_t i = 1; i <= Shown::kMost + 1; ++i) shown.set(std::to_string(i), i);
  EXPECT_EQ(shown.of("1"), 0u);
  EXPECT_EQ(shown.of("2"), 2u);
  shown.set("2", 9);
  EXPECT_EQ(shown.of("2"), 9u);
  shown.clear();
  EXPECT_EQ(shown.of("2"), 0u);
}

}  // namespace
}  // namespace bus::notify
