#include "sinks/http/flight.h"

#include <gtest/gtest.h>

#include <array>

namespace bus::http {
namespace {

class FlightTest : public ::testing::Test {
 protected:
  void begin(std::uint64_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      records_[i].size = sizeof(bus_record), records_[i].seq = first + i;
    batch_ = {sizeof batch_, static_cast<std::uint32_t>(count), sizeof(bus_record), 0, records_.data()};
    flight_.begin(Batch(&batch_));
  }
  std::size_t next() { return flight_.next().value_or(99); }

  std::array<bus_record, 16> records_{};
  bus_batch batch_{};
  Flight flight_;
};

TEST_F(FlightTest, IsAnsweredWhenAllHaveArrived) {
  begin(1, 2);
  EXPECT_EQ(next(), 0u);
  flight_.sent({0, 1});
  EXPECT_EQ(next(), 1u);
  flight_.sent({1, 1});
  EXPECT_EQ(next(), 99u);
  flight_.arrived({1, 1});
  EXPECT_EQ(flight_.front(), 0u);
  EXPECT_FALSE(flight_.answer());
  flight_.arrived({0, 1});
  ASSERT_TRUE(flight_.answer());
  EXPECT_TRUE(flight_.answer()->status.ok());
  EXPECT_EQ(flight_.answer()->accepted, 2u);
}

TEST_F(FlightTest, TheForemostFailureCountsAndWhatIsOnItsWayIsAwaited) {
  begin(1, 4);
  for (std::size_t i = 0; i < 3; ++i) flight_.sent({i, 1});
  flight_.failed({2, 1}, {unavailable("late")});
  EXPECT_EQ(next(), 99u);
  flight_.failed({1, 1}, {unavailable("early"), 0, std::chrono::seconds(7)});
  EXPECT_FALSE(flight_.answer());
  flight_.arrived({0, 1});
  const auto answer = flight_.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->accepted, 1u);
  EXPECT_EQ(answer->status.message(), "early");
  EXPECT_EQ(answer->retry_after, std::chrono::seconds(7));
}

TEST_F(FlightTest, WhatArrivedBehindAFailureIsNotSentAgain) {
  begin(1, 4);
  for (std::size_t i = 0; i < 4; ++i) flight_.sent({i, 1});
  flight_.arrived({0, 1});
  flight_.arrived({2, 1});
  flight_.arrived({3, 1});
  flight_.failed({1, 1}, {invalid("bad")});
  EXPECT_EQ(flight_.answer()->accepted, 1u);
  begin(3, 3);  // the host goes on behind the refused one; an event is new
  EXPECT_EQ(flight_.front(), 2u);
  EXPECT_EQ(next(), 2u);
  flight_.sent({2, 1});
  flight_.arrived({2, 1});
  EXPECT_EQ(flight_.answer()->accepted, 3u);
  begin(6, 2);
  EXPECT_EQ(next(), 0u);
}

TEST_F(FlightTest, ABatchThatHasArrivedWholeIsAnsweredAtOnce) {
  begin(1, 3);
  for (std::size_t i = 0; i < 3; ++i) flight_.sent({i, 1});
  flight_.arrived({1, 1});
  flight_.arrived({2, 1});
  flight_.failed({0, 1}, {invalid("bad")});
  begin(2, 2);
  ASSERT_TRUE(flight_.answer());
  EXPECT_EQ(flight_.answer()->accepted, 2u);
}

TEST_F(FlightTest, ARangeGoesTogetherAndMayBeReturned) {
  begin(1, 6);
  EXPECT_EQ(flight_.run(0), 6u);
  flight_.sent({0, 6});
  flight_.returned({0, 6});
  EXPECT_EQ(next(), 0u);
  flight_.sent({0, 3});
  EXPECT_EQ(next(), 3u);
  EXPECT_EQ(flight_.run(3), 3u);
  flight_.arrived({0, 3});
  EXPECT_EQ(flight_.front(), 3u);
}

TEST_F(FlightTest, AStoppedOneIsNotAnswered) {
  begin(1, 2);
  flight_.sent({0, 1});
  flight_.returned({0, 1});
  flight_.stop();
  EXPECT_EQ(next(), 99u);
  EXPECT_FALSE(flight_.answer());
}

}  // namespace
}  // namespace bus::http
