#include "core/plugin/dead_letters.h"

#include <gtest/gtest.h>

#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

using namespace std::chrono_literals;

TEST(Patience, WithoutBoundsHasNoEnd) {
  Patience patience{RetryBounds{}};
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(patience.is_over(1, Time{1}, Mono(std::chrono::hours(i))));
  EXPECT_EQ(patience.attempts(), 1000u);
}

TEST(Patience, CountsTriesOfOneEvent) {
  Patience patience{RetryBounds{.attempts = 3}};
  EXPECT_FALSE(patience.is_over(1, Time{1}, Mono(0s)));
  EXPECT_FALSE(patience.is_over(1, Time{2}, Mono(1s)));
  EXPECT_FALSE(patience.is_over(2, Time{3}, Mono(2s))) << "another event begins anew";
  EXPECT_EQ(patience.first(), Time{3});
  EXPECT_FALSE(patience.is_over(2, Time{4}, Mono(3s)));
  EXPECT_TRUE(patience.is_over(2, Time{5}, Mono(4s)));
  EXPECT_EQ(patience.attempts(), 3u);
}

TEST(Patience, EndsByAge) {
  Patience patience{RetryBounds{.age = 10s}};
  EXPECT_FALSE(patience.is_over(1, Time{1}, Mono(5s)));
  EXPECT_FALSE(patience.is_over(1, Time{1}, Mono(14s)));
  EXPECT_TRUE(patience.is_over(1, Time{1}, Mono(15s)));
}

TEST(DeadLetters, FindsOnlyItsOwn) {
  testing::World world;
  world.emit({"a"});
  const HostServices services = world.services();
  DeadLetters mine(services, "mine", "sink:mine"), other(services, "other", "sink:other");
  const auto record = world.store->find(1);
  ASSERT_TRUE(mine.bury(**record, error(Code::invalid, "no"), 2, world.clock.now()).ok());
  EXPECT_EQ(mine.find(1)->attempts, 2u);
  EXPECT_EQ(mine.find(1)->event.text(), world.store->find(1)->get()->json.text.substr(15, 26));
  EXPECT_EQ(other.find(1).error().code, Code::not_found);
}

TEST(DeadLetters, RemembersWhatWasOutOfTurn) {
  testing::World world;
  const HostServices services = world.services();
  {
    DeadLetters letters(services, "mine", "sink:mine");
    EXPECT_EQ(letters.out_of_turn(), 0u);
    ASSERT_TRUE(letters.set_out_of_turn(7).ok());
  }
  DeadLetters letters(services, "mine", "sink:mine");
  EXPECT_EQ(letters.out_of_turn(), 7u);
  ASSERT_TRUE(letters.set_out_of_turn(0).ok());
  EXPECT_EQ(DeadLetters(services, "mine", "sink:mine").out_of_turn(), 0u);
}

TEST(DeadLetters, TheOldestMakeRoom) {
  testing::World world;
  HostServices services = world.services();
  services.keep_dead_letters = 2;
  DeadLetters letters(services, "mine", "sink:mine");
  for (int i = 0; i < 3; ++i) {
    world.emit({"k" + std::to_string(i)});
    const auto record = world.store->find(world.store->bounds().last);
    ASSERT_TRUE(letters.bury(**record, error(Code::invalid, "no"), 1, world.clock.now()).ok());
  }
  EXPECT_EQ(world.store->dead_letters({})->size(), 2u);
  EXPECT_NE(world.metrics.text().find("bus_dead_letters_evicted_total 1"), std::string::npos);
}

}  // namespace
}  // namespace bus::plugin
