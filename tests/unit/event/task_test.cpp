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
