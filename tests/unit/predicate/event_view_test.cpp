#include "core/predicate/event_view.h"

#include <gtest/gtest.h>

#include "tests/unit/predicate/sample_event.h"

namespace bus::predicate {
namespace {

TEST(EventView, ParsesDataAndIdWhenAsked) {
  const auto event = testing::sample_event();
  EventView view(event);
  EXPECT_EQ(view.data()["number"].integer(), 42);
  EXPECT_EQ(view.id(), "01JD3ZK8QZ0V6N1J6Y2T4B7A9C");
}

TEST(EventView, ResetForgetsTheEventBefore) {
  const auto first = testing::sample_event();
  auto second = testing::sample_event();
  second.data = "{\"number\": 7}";
  second.id = {};
  EventView view(first);
  EXPECT_TRUE(view.data()["jobs"].exists());
  view.id();
  view.reset(second);
  EXPECT_EQ(view.data()["number"].integer(), 7);
  EXPECT_FALSE(view.data()["jobs"].exists());
  EXPECT_EQ(view.id(), "00000000000000000000000000");
}

TEST(EventView, TakesDataFromElsewhere) {
  const auto event = testing::sample_event();
  EventView view(event, "{\"number\": 8}");
  EXPECT_EQ(view.data()["number"].integer(), 8);
  view.reset(event, "");
  EXPECT_FALSE(view.data().exists());
}

}  // namespace
}  // namespace bus::predicate
