#include "sources/pytest/open_sessions.h"

#include <gtest/gtest.h>

namespace bus::pytest {
namespace {

Session named(const std::string& id) {
  Session session;
  session.id = id;
  session.scope = "hello\tworld";
  session.started_us = 5;
  return session;
}

TEST(OpenSessionsTest, SilenceIsToldOnceAndEndsByBeingHeard) {
  OpenSessions open(100);
  EXPECT_FALSE(open.heard(named("a"), 0));
  EXPECT_TRUE(open.take_silent(99).empty());
  EXPECT_EQ(open.take_silent(100).size(), 1u);
  EXPECT_TRUE(open.take_silent(300).empty());
  EXPECT_FALSE(open.watching());
  EXPECT_TRUE(open.heard(named("a"), 400));
  EXPECT_FALSE(open.heard(named("a"), 401));
  EXPECT_TRUE(open.watching());
}

TEST(OpenSessionsTest, AFinishedSessionIsNeverSilent) {
  OpenSessions open(100);
  open.heard(named("a"), 0);
  open.finished("a");
  open.finished("never heard of");
  EXPECT_TRUE(open.take_silent(1000).empty());
  EXPECT_EQ(open.size(), 0u);
}

TEST(OpenSessionsTest, SurvivesARestart) {
  OpenSessions before(100);
  before.heard(named("a"), 0);
  before.heard(named("b"), 0);
  before.take_silent(100);
  before.heard(named("b"), 101);
  OpenSessions after(100);
  after.restore(before.save(), 1000);
  const auto silent = after.take_silent(1100);
  ASSERT_EQ(silent.size(), 1u);  // that `a` is silent was told
  EXPECT_EQ(silent[0].id, "b");
  EXPECT_EQ(silent[0].scope, "hello world");
  EXPECT_EQ(silent[0].started_us, 5);
}

TEST(OpenSessionsTest, WhatItDoesNotUnderstandIsPassedOver) {
  OpenSessions open(100);
  open.restore("x\n\n\t\t\t\t\t7\na\tb\tc\td\te\t9\na\tb\tc\td\te\tx\n", 0);
  EXPECT_EQ(open.size(), 1u);
}

TEST(OpenSessionsTest, IsBounded) {
  OpenSessions open(100);
  for (std::size_t i = 0; i < 2 * OpenSessions::kMost; ++i) {
    open.heard(named("s" + std::to_string(i)), static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(open.size(), OpenSessions::kMost);
  EXPECT_LE(open.save().size(), 65536u);
}

}  // namespace
}  // namespace bus::pytest
