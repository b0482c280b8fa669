#include "sources/github/words.h"

#include <gtest/gtest.h>

namespace bus::github {
namespace {

TEST(StandingOfRun, ConclusionCountsOnlyWhenCompleted) {
  EXPECT_EQ(standing_of_run("queued", "success").state, State::pending);
  EXPECT_EQ(standing_of_run("completed", "success").state, State::finished);
  EXPECT_EQ(standing_of_run("", "success").state, State::finished);
}

TEST(StandingOfRun, WhatIsNotKnownIsNotCalledFailedOrPassed) {
  EXPECT_EQ(standing_of_run("", "").state, State::unknown);
  EXPECT_EQ(standing_of_run("completed", "").state, State::unknown);
  EXPECT_EQ(standing_of_run("hibernating", "").state, State::unknown);
  EXPECT_EQ(standing_of_run("hibernating", "").detail, "hibernating");
  EXPECT_EQ(standing_of_run("completed", "evaporated").state, State::finished);
  EXPECT_EQ(standing_of_run("completed", "evaporated").result, Outcome::error);
  EXPECT_EQ(standing_of_run("completed", "evaporated").detail, "evaporated");
}

TEST(StandingOfRun, ResultGoesWithFinishedAndOnlyWithIt) {
  for (const char* status :
       {"", "requested", "queued", "pending", "waiting", "in_progress", "completed", "odd"}) {
    for (const char* conclusion : {"", "success", "neutral", "skipped", "failure", "cancelled", "timed_out",
                                   "stale", "startup_failure", "action_required", "odd"}) {
      const Standing standing = standing_of_run(status, conclusion);
      EXPECT_EQ(standing.state == State::finished, standing.result != Outcome::none)
          << status << " " << conclusion;
    }
  }
}

TEST(Sentence, EveryStandingHasOne) {
  Task task;
  put(task, standing_of_run("completed", "startup_failure"));
  EXPECT_EQ(sentence(task), "ended in error (startup_failure)");
  put(task, standing_of_run("waiting", ""));
  EXPECT_EQ(sentence(task), "waits for approval");
  EXPECT_EQ(task.blocked_on, "approval");
}

}  // namespace
}  // namespace bus::github
