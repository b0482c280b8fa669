#include "core/event/task.h"

#include <gtest/gtest.h>

namespace bus::event {
namespace {

Task at(State state, std::optional<Outcome> result = {}, std::uint32_t attempt = 1) {
  Task task;
  task.id = "t";
  task.kind = "run";
  task.state = state;
  task.result = result;
  task.attempt = attempt;
  return task;
}

TEST(Judge, TheFirstReportMoves) {
  EXPECT_EQ(judge(nullptr, at(State::pending)), Effect::moved);
}

TEST(Judge, StatesOnlyMoveForward) {
  const Task running = at(State::running);
  EXPECT_EQ(judge(&running, at(State::pending)), Effect::stale);
  EXPECT_EQ(judge(&running, at(State::running)), Effect::repeat);
  EXPECT_EQ(judge(&running, at(State::blocked)), Effect::moved);
  EXPECT_EQ(judge(&running, at(State::unknown)), Effect::moved);
  EXPECT_EQ(judge(&running, at(State::finished, Outcome::success)), Effect::moved);
}

TEST(Judge, NothingLeavesFinished) {
  const Task finished = at(State::finished, Outcome::failure);
  EXPECT_EQ(judge(&finished, at(State::running)), Effect::stale);
  EXPECT_EQ(judge(&finished, at(State::finished, Outcome::failure)), Effect::repeat);
  EXPECT_EQ(judge(&finished, at(State::finished, Outcome::success)), Effect::stale);
}

TEST(Judge, AHigherAttemptStartsOverAndALowerOneIsStale) {
  const Task second = at(State::running, {}, 2);
  EXPECT_EQ(judge(&second, at(State::pending, {}, 3)), Effect::moved);
  EXPECT_EQ(judge(&second, at(State::finished, Outcome::success, 1)), Effect::stale);
}

TEST(Judge, UnknownComesBackByAnyObservation) {
  const Task unknown = at(State::unknown);
  EXPECT_EQ(judge(&unknown, at(State::pending)), Effect::moved);
  EXPECT_EQ(judge(&unknown, at(State::running)), Effect::moved);
  EXPECT_EQ(judge(&unknown, at(State::unknown)), Effect::repeat);
}

TEST(Judge, BlockedOnSomethingElseMoves) {
  Task approval = at(State::blocked);
  approval.blocked_on = "approval";
  Task input = approval;
  input.blocked_on = "input";
  EXPECT_EQ(judge(&approval, input), Effect::moved);
  EXPECT_EQ(judge(&approval, approval), Effect::repeat);
}

// Reports of a source that does not number attempts, one after the other.
class Unnumbered : public ::testing::Test {
 protected:
  // A report made at that second; "<effect> <attempt>".
  std::string report(int second, State state, std::optional<Outcome> result = {}) {
    Task task = at(state, result, 0);
    number(known_ ? &*known_ : nullptr, task, Time{} + seconds(second));
    const Effect effect = judge(known_ ? &*known_ : nullptr, task);
    if (effect == Effect::moved || effect == Effect::repeat)
      known_ = merge(known_ ? &*known_ : nullptr, task);
    return std::string(name(effect)) + " " + std::to_string(task.attempt);
  }

  std::optional<Task> known_;
};

TEST_F(Unnumbered, OneAttemptIsAsEver) {
  EXPECT_EQ(report(10, State::pending), "new 1");
  EXPECT_EQ(report(11, State::running), "new 1");
  EXPECT_EQ(report(10, State::pending), "stale 1");
  EXPECT_EQ(report(12, State::finished, Outcome::success), "new 1");
  EXPECT_EQ(report(12, State::finished, Outcome::success), "repeat 1");
  EXPECT_EQ(known_->ended, Time{} + seconds(12));
}

TEST_F(Unnumbered, AYoungerReportStartsOver) {
  report(10, State::finished, Outcome::failure);
  EXPECT_EQ(report(11, State::pending), "new 2");
  EXPECT_EQ(known_->started, Time{} + seconds(11));
  EXPECT_EQ(report(12, State::finished, Outcome::success), "new 2");
  EXPECT_EQ(report(13, State::finished, Outcome::failure), "new 3");
}

TEST_F(Unnumbered, WhatComesLateOrAgainStaysStale) {
  EXPECT_EQ(report(10, State::finished, Outcome::failure), "new 1");
  EXPECT_EQ(report(9, State::running), "stale 1");
  EXPECT_EQ(report(10, State::running), "stale 1");
  EXPECT_EQ(report(9, State::finished, Outcome::success), "stale 1");
  EXPECT_EQ(report(12, State::pending), "new 2");
  EXPECT_EQ(report(10, State::finished, Outcome::failure), "stale 1");
  EXPECT_EQ(report(12, State::pending), "repeat 2");
  EXPECT_EQ(known_->state, State::pending);
}

TEST_F(Unnumbered, TheSameEndLaterIsNoNewAttempt) {
  report(10, State::finished, Outcome::success);
  EXPECT_EQ(report(20, State::finished, Outcome::success), "repeat 1");
}

TEST_F(Unnumbered, TimesOfThePayloadThatAreOfTheAttemptBeforeAreNotKept) {
  report(10, State::finished, Outcome::failure);
  Task again = at(State::running, {}, 0);
  again.started = Time{} + seconds(1);
  number(&*known_, again, Time{} + seconds(30));
  EXPECT_EQ(again.attempt, 2u);
  EXPECT_EQ(again.started, Time{} + seconds(30));
}

TEST(Number, LeavesNumberedReportsAlone) {
  const Task known = at(State::finished, Outcome::failure);
  Task report = at(State::running);
  number(&known, report, Time{} + seconds(5));
  EXPECT_EQ(report.attempt, 1u);
  EXPECT_FALSE(report.started);
}

TEST(Merge, KeepsWhatAReportLeavesOut) {
  Task known = at(State::running);
  known.name = "build";
  known.worker = "w1";
  known.url = "https://x";
  Task report = at(State::finished, Outcome::success);
  report.name = "build 2";
  const Task merged = merge(&known, report);
  EXPECT_EQ(merged.name, "build 2");
  EXPECT_EQ(merged.worker, "w1");
  EXPECT_EQ(merged.url, "https://x");
  EXPECT_TRUE(merged.ok());
}

TEST(Merge, ANewAttemptForgetsHowTheLastOneWent) {
  Task known = at(State::finished, Outcome::failure);
  known.exit = 3;
  known.worker = "w1";
  known.name = "build";
  const Task merged = merge(&known, at(State::pending, {}, 2));
  EXPECT_FALSE(merged.exit);
  EXPECT_EQ(merged.worker, "");
  EXPECT_EQ(merged.name, "build");
}

}  // namespace
}  // namespace bus::event
