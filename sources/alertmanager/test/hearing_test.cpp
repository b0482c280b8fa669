#include "sources/alertmanager/hearing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::alertmanager {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kPatience = 600;

Hearing two(std::int64_t now = 1000) {
  return Hearing({"a", "b"}, kPatience, now);
}

TEST(Hearing, OneThatWasNeverHeardIsOverdueToo) {
  Hearing hearing = two();
  EXPECT_EQ(hearing.due_us(), 1600);
  EXPECT_THAT(hearing.overdue(1599), IsEmpty());
  EXPECT_THAT(hearing.overdue(1600), ElementsAre(0u, 1u));
}

TEST(Hearing, WhatIsHeardIsWaitedForAgain) {
  Hearing hearing = two();
  EXPECT_FALSE(hearing.heard(0, 1500));
  EXPECT_EQ(hearing.due_us(), 1600);  // the other one
  EXPECT_THAT(hearing.overdue(1600), ElementsAre(1u));
  hearing.lost(1, 1600);
  EXPECT_TRUE(hearing.silent(1));
  EXPECT_EQ(hearing.due_us(), 2100);
  EXPECT_THAT(hearing.overdue(2000), IsEmpty());
}

TEST(Hearing, SilenceEndsAnEpisodeAndIsToldOnce) {
  Hearing hearing = two();
  EXPECT_EQ(hearing.episode(0), 1000);
  hearing.lost(0, 1700);
  EXPECT_EQ(hearing.episode(0), 1700);
  hearing.lost(0, 1800);
  EXPECT_EQ(hearing.episode(0), 1700);
  EXPECT_TRUE(hearing.heard(0, 1900));
  EXPECT_FALSE(hearing.silent(0));
  EXPECT_EQ(hearing.episode(0), 1700);
  hearing.lost(0, 1600);  // the clock was set back: still another episode
  EXPECT_EQ(hearing.episode(0), 1701);
}

TEST(Hearing, WithAllSilentNothingIsDue) {
  Hearing hearing = two();
  hearing.lost(0, 1);
  hearing.lost(1, 1);
  EXPECT_EQ(hearing.due_us(), std::nullopt);
}

TEST(Hearing, SurvivesARestart) {
  Hearing before = two();
  before.heard(0, 1200);
  before.lost(1, 1300);
  Hearing after({"b", "a", "c"}, kPatience, 1400);
  after.restore(before.save(), 1400);
  EXPECT_TRUE(after.silent(0));
  EXPECT_EQ(after.episode(0), 1300);
  EXPECT_FALSE(after.silent(1));
  EXPECT_EQ(after.episode(1), 1000);
  EXPECT_THAT(after.overdue(1799), IsEmpty());
  EXPECT_THAT(after.overdue(1800), ElementsAre(1u));
  EXPECT_EQ(after.episode(2), 1400);
}

TEST(Hearing, WhatRanOutWhileNobodyListenedGetsItsTimeAgain) {
  Hearing before = two();
  Hearing late({"a", "b"}, kPatience, 9000);
  late.restore(before.save(), 9000);
  EXPECT_EQ(late.due_us(), 9600);
  EXPECT_EQ(late.episode(0), 1000);
  Hearing set_back({"a", "b"}, kPatience, 10);
  set_back.restore(before.save(), 10);
  EXPECT_EQ(set_back.due_us(), 610);
}

TEST(Hearing, WhatCannotBeReadIsPassedOver) {
  for (const char* saved : {"", "\n", "x", "1", "1 0", "1 0 5", "1 0 5a", "1 2 3 other\n", "-1 x 3 a\n1 0"}) {
    Hearing hearing = two();
    hearing.restore(saved, 1000);
    EXPECT_EQ(hearing.due_us(), 1600) << saved;
  }
}

}  // namespace
}  // namespace bus::alertmanager
