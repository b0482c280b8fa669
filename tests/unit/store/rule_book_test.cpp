#include "core/store/rule_book.h"

#include <gtest/gtest.h>

#include "core/store/sqlite_store.h"
#include "tests/support/events.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace bus::store {
namespace {

class RuleBookTest : public ::testing::Test {
 protected:
  RuleBook& book() { return store_->rule_book(); }
  RuleMatch match(std::uint64_t seq, std::string decision, std::uint64_t run = 0) {
    return {
        .seq = seq, .decision = std::move(decision), .why = {}, .run = run, .at = clock_.now(), .until = {}};
  }
  void add_events(int count) {
    for (int i = 0; i < count; ++i) {
      NewEvent one[] = {testing::note()};
      ASSERT_TRUE(store_->append(one));
    }
  }

  testing::TempFolder folder_;
  testing::FakeClock clock_;
  std::unique_ptr<Store> store_ = std::move(*open_sqlite(folder_.path(), clock_));
};

TEST_F(RuleBookTest, ARuleBeginsOnceAndItsPlaceNeverGoesBack) {
  EXPECT_FALSE(*book().rule_progress("r"));
  ASSERT_TRUE(book().begin_rule("r", 5));
  ASSERT_TRUE(book().begin_rule("r", 9));
  EXPECT_EQ((*book().rule_progress("r"))->since, 5u);
  EXPECT_EQ((*book().rule_progress("r"))->cursor, 5u);
  const RuleMatch matches[] = {match(6, "run", 6), match(7, "folded", 6)};
  ASSERT_TRUE(book().settle("r", matches, 8, 1));
  ASSERT_TRUE(book().settle("r", {}, 3, 1));
  EXPECT_EQ((*book().rule_progress("r"))->cursor, 8u);
  EXPECT_EQ((*book().rule_progress("r"))->begun, 1u);
  EXPECT_EQ(store_->cursor("rule:r")->seq, 8u);  // so that retention leaves what it has not seen
}

TEST_F(RuleBookTest, WhatIsNotedStaysAsItIs) {
  ASSERT_TRUE(book().begin_rule("r", 0));
  const RuleMatch first[] = {match(1, "run", 1)}, again[] = {match(1, "dropped")};
  ASSERT_TRUE(book().settle("r", first, 1, 1));
  ASSERT_TRUE(book().settle("r", again, 1, 1));
  const auto noted = book().rule_matches({.rule = "r", .run = 1});
  ASSERT_EQ(noted->size(), 1u);
  EXPECT_EQ(noted->front().decision, "run");
  EXPECT_FALSE(noted->front().until);
  EXPECT_TRUE(book().rule_matches({.rule = "other"})->empty());
}

TEST_F(RuleBookTest, EndsAndIsPrunedWithTheEvents) {
  add_events(4);
  ASSERT_TRUE(book().begin_rule("r", 0));
  const RuleMatch matches[] = {match(1, "run", 1), match(3, "run", 3)};
  ASSERT_TRUE(book().settle("r", matches, 4, 2));
  ASSERT_TRUE(store_->prune({.age = {}, .events = 2, .bytes = 0}, 100));
  const auto left = book().rule_matches({.rule = "r", .newest = true});
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ(left->front().seq, 3u);
  ASSERT_TRUE(book().end_rule("r"));
  EXPECT_FALSE(*book().rule_progress("r"));
  EXPECT_TRUE(book().rule_matches({.rule = "r"})->empty());
  EXPECT_FALSE(store_->cursor("rule:r"));
}

}  // namespace
}  // namespace bus::store
