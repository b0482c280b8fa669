#include "sources/github/observe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/github/link.h"

namespace bus::github {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kRun = R"({"id": 98, "name": "CI", "run_attempt": 2, "status": "completed",
  "conclusion": "failure", "head_branch": "main", "head_sha": "c9a1", "html_url": "https://x/98",
  "run_started_at": "2026-11-20T08:00:00Z", "created_at": "2026-11-20T07:59:00Z",
  "updated_at": "2026-11-20T08:05:00Z", "repository": {"id": 7, "full_name": "Octo/Hello"}})";

std::string runs() {
  return std::string(R"({"total_count": 1, "workflow_runs": [)") + kRun + "]}";
}

TEST(Observe, ARunIsTheSameTaskAsByWebhook) {
  Observer observer;
  const auto reading = observer.read(What::runs, "octo/hello", "", runs(), {});
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->name, "Octo/Hello");
  ASSERT_THAT(reading->events, SizeIs(1));
  const Event& polled = reading->events[0];
  Normalizer normalizer;
  const auto pushed = normalizer.normalize({"workflow_run", "d-1", "application/json",
                                            std::string(R"({"action":"completed","workflow_run":)") + kRun +
                                                R"(,"repository":{"full_name":"Octo/Hello"}})"});
  const Event& told = std::get<Event>(pushed);
  EXPECT_TRUE(polled.polled);
  EXPECT_EQ(polled.key, "");
  EXPECT_EQ(polled.type, told.type);
  EXPECT_EQ(polled.scope, told.scope);
  EXPECT_EQ(polled.subject, told.subject);
  EXPECT_EQ(polled.summary, told.summary);
  EXPECT_EQ(polled.time_us, told.time_us);
  EXPECT_EQ(polled.task->id, "github:Octo/Hello/run/98");
  EXPECT_EQ(polled.task->attempt, 2u);
  EXPECT_EQ(polled.task->state, told.task->state);
  EXPECT_EQ(polled.task->result, told.task->result);
  EXPECT_EQ(polled.task->detail, "failure");
  EXPECT_THAT(polled.data, HasSubstr(R"({"action":"completed","workflow_run":{"id":98,)"));
}

TEST(Observe, ARunThatIsNotWantedIsSeenAllTheSame) {
  Observer observer;
  const auto reading =
      observer.read(What::runs, "octo/hello", "", runs(), [](const RunSeen&) { return false; });
  ASSERT_TRUE(reading);
  EXPECT_THAT(reading->events, IsEmpty());
  ASSERT_THAT(reading->runs, SizeIs(1));
  EXPECT_TRUE(reading->runs[0].over);
  EXPECT_EQ(reading->runs[0].updated_us - reading->runs[0].created_us, 360'000'000);
}

TEST(Observe, JobsAndChecks) {
  Observer observer;
  const auto jobs = observer.read(What::jobs, "Octo/Hello", "98",
                                  R"({"jobs": [{"id": 5, "run_id": 98, "run_attempt": 2, "name": "test",
      "status": "in_progress", "conclusion": null, "started_at": "2026-11-20T08:00:00Z", "completed_at": null}]})",
                                  {});
  ASSERT_TRUE(jobs);
  ASSERT_THAT(jobs->events, SizeIs(1));
  EXPECT_EQ(jobs->events[0].task->id, "github:Octo/Hello/job/5");
  EXPECT_EQ(jobs->events[0].task->parent, "github:Octo/Hello/run/98");
  EXPECT_EQ(jobs->events[0].task->state, State::running);
  const auto checks = observer.read(What::checks, "Octo/Hello", "c9a1",
                                    R"({"check_runs": [{"id": 6, "head_sha": "c9a1", "name": "lint",
      "status": "completed", "conclusion": "success", "completed_at": "2026-11-20T08:01:00Z", "check_suite": {"id": 3}}]})",
                                    {});
  ASSERT_TRUE(checks);
  ASSERT_THAT(checks->events, SizeIs(1));
  EXPECT_EQ(checks->events[0].task->attempt, 0u) << "the host numbers them";
  EXPECT_EQ(checks->events[0].task->result, Outcome::success);
}

TEST(Observe, StatusesHaveTheIdentityOfTheirWebhook) {
  Observer observer;
  const auto reading =
      observer.read(What::statuses, "octo/hello", "c9a1", R"({"state": "pending", "sha": "c9a1",
      "statuses": [{"context": "ci/one", "state": "success", "target_url": "https://x", "updated_at": "2026-11-20T08:00:00Z"},
                   {"context": "ci/two", "state": "pending", "updated_at": "2026-11-20T08:00:00Z"}],
      "repository": {"full_name": "Octo/Hello"}})",
                    {});
  ASSERT_TRUE(reading);
  ASSERT_THAT(reading->events, SizeIs(2));
  EXPECT_EQ(reading->events[0].task->id, "github:Octo/Hello/status/c9a1/ci/one");
  EXPECT_EQ(reading->events[0].task->sha, "c9a1");
  EXPECT_EQ(reading->events[1].task->state, State::pending);
}

TEST(Observe, APullRequestTellsItsCommit) {
  Observer observer;
  const auto reading = observer.read(
      What::pull, "octo/hello", "42",
      R"({"number": 42, "title": "x", "updated_at": "2026-11-20T08:00:00Z", "head": {"sha": "beef"},
          "base": {"repo": {"full_name": "Octo/Hello"}}})",
      {});
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->head, "beef");
  ASSERT_THAT(reading->events, SizeIs(1));
  EXPECT_EQ(reading->events[0].key, "pull/Octo/Hello/42/beef");
  EXPECT_EQ(reading->events[0].type, "pull_request");
}

TEST(Observe, WhatIsNotGitHubsAnswerIsNone) {
  Observer observer;
  for (const What what : {What::repository, What::runs, What::commit_runs, What::run, What::jobs,
                          What::checks, What::statuses, What::pull}) {
    for (const char* body :
         {"", "[]", "{}", "null", "{\"workflow_runs\":7,\"jobs\":{},\"check_runs\":null}", "<html>"})
      EXPECT_FALSE(observer.read(what, "octo/hello", "1", body, {})) << body;
  }
}

TEST(Observe, OddMembersOfAListArePassedOver) {
  Observer observer;
  const auto reading = observer.read(What::runs, "octo/hello", "",
                                     R"({"workflow_runs": [7, null, {}, {"id": "x"}, {"id": 1}]})", {});
  ASSERT_TRUE(reading);
  ASSERT_THAT(reading->runs, SizeIs(1));
  EXPECT_EQ(reading->events[0].task->state, State::unknown);
}

}  // namespace
}  // namespace bus::github
