#include "sources/fs/pace.h"

#include <gtest/gtest.h>

namespace bus::fs {
namespace {

TEST(Pace, ABurstIsToldWhenItIsQuiet) {
  Pace pace(100, 1000);
  EXPECT_EQ(pace.due(), std::nullopt);
  pace.changed(10);
  EXPECT_EQ(pace.due(), 110);
  pace.changed(90);
  EXPECT_EQ(pace.due(), 190);
  pace.told();
  EXPECT_EQ(pace.due(), std::nullopt);
}

TEST(Pace, ItIsToldInTheEndInAnyCase) {
  Pace pace(100, 250);
  for (int now = 0; now <= 240; now += 60) pace.changed(now);
  EXPECT_EQ(pace.due(), 250);
  pace.told();
  pace.changed(300);
  EXPECT_EQ(pace.due(), 400);
}

TEST(Pace, WithoutAQuietPeriodItIsToldAtOnce) {
  Pace pace(0, 0);
  pace.changed(5);
  EXPECT_EQ(pace.due(), 5);
}

TEST(Pace, TheEndIsNeverBeforeTheQuietPeriod) {
  Pace pace(100, 50);
  pace.changed(0);
  EXPECT_EQ(pace.due(), 100);
}

}  // namespace
}  // namespace bus::fs
