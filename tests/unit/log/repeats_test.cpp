#include "core/log/repeats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace bus::log {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Told {
  std::vector<std::string> lines;
  Repeats::Tell tell = [this](Level, const std::string& message, std::uint64_t times) {
    lines.push_back(message + " x" + std::to_string(times));
  };
};

Mono at(int second) {
  return Mono(std::chrono::seconds(second));
}

TEST(Repeats, HoldsBackWhatIsBeyondTheBurst) {
  Repeats repeats(2, seconds(10));
  Told told;
  EXPECT_TRUE(repeats.admit(Level::info, "a", at(0), told.tell));
  EXPECT_TRUE(repeats.admit(Level::info, "a", at(1), told.tell));
  EXPECT_FALSE(repeats.admit(Level::info, "a", at(2), told.tell));
  EXPECT_FALSE(repeats.admit(Level::info, "a", at(9), told.tell));
  EXPECT_TRUE(repeats.admit(Level::error, "a", at(9), told.tell));  // another level is another message
  EXPECT_TRUE(repeats.admit(Level::info, "b", at(9), told.tell));
  EXPECT_THAT(told.lines, IsEmpty());
  EXPECT_TRUE(repeats.admit(Level::info, "a", at(10), told.tell));  // a new window
  EXPECT_THAT(told.lines, ElementsAre("a x2"));
}

TEST(Repeats, FlushTellsTheRestOnce) {
  Repeats repeats(1, seconds(10));
  Told told;
  for (int i = 0; i < 4; ++i) (void)repeats.admit(Level::info, "a", at(0), told.tell);
  repeats.flush(told.tell);
  repeats.flush(told.tell);
  EXPECT_THAT(told.lines, ElementsAre("a x3"));
}

TEST(Repeats, IsBounded) {
  Repeats repeats(1, seconds(10));
  Told told;
  for (std::size_t i = 0; i < 2 * Repeats::kMostMessages; ++i) {
    EXPECT_TRUE(repeats.admit(Level::info, std::to_string(i), at(0), told.tell));
  }
  EXPECT_TRUE(repeats.admit(Level::info, std::to_string(2 * Repeats::kMostMessages - 1), at(0), told.tell));
  EXPECT_FALSE(repeats.admit(Level::info, "0", at(0), told.tell));
}

}  // namespace
}  // namespace bus::log
