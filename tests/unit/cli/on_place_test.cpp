#include "core/cli/on_place.h"

#include <gtest/gtest.h>

namespace bus::cli {
namespace {

TEST(OnPlace, NothingIsDoneAtFirst) {
  EXPECT_EQ(OnPlace().done(), 0u);
}

TEST(OnPlace, WhatNeedsNoRunIsDoneAtOnce) {
  OnPlace place;
  place.read(3, 0);
  place.read(9, 0);
  EXPECT_EQ(place.done(), 9u);
}

TEST(OnPlace, GoesOnlyAsFarAsTheFirstThatRuns) {
  OnPlace place;
  place.read(1, 1);
  place.read(2, 2);
  place.read(3, 0);
  place.over(2);
  EXPECT_EQ(place.done(), 0u);
  place.over(1);
  EXPECT_EQ(place.done(), 3u);
}

TEST(OnPlace, ARunStandsForSeveral) {
  OnPlace place;
  place.read(1, 1);
  place.read(2, 2);
  place.read(3, 2);
  place.read(4, 1);
  place.over(2);
  EXPECT_EQ(place.done(), 0u);
  place.over(1);
  EXPECT_EQ(place.done(), 4u);
}

TEST(OnPlace, AStormForOneRunIsRememberedOnce) {
  OnPlace place;
  for (std::uint64_t seq = 1; seq <= 1'000'000; ++seq) place.read(seq, 1);
  EXPECT_EQ(place.done(), 0u);
  place.over(1);
  EXPECT_EQ(place.done(), 1'000'000u);
  place.read(1'000'001, 1'000'001);
  EXPECT_EQ(place.done(), 1'000'000u);
}

}  // namespace
}  // namespace bus::cli
