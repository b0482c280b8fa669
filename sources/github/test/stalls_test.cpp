#include "sources/github/stalls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::github {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kNow = 1'800'000'000'000'000;

Event job(State state, std::int64_t since_us = 0, std::uint32_t attempt = 1,
          const std::string& number = "5") {
  Event event;
  event.type = "workflow_job";
  event.scope = "octo/hello";
  event.subject = "job/" + number;
  event.time_us = since_us;
  Task& task = event.task.emplace();
  task.id = "github:octo/hello/job/" + number;
  task.kind = "job", task.name = "test\tall", task.scope = "octo/hello";
  task.state = state, task.attempt = attempt;
  if (state == State::finished) task.result = Outcome::success;
  return event;
}

TEST(Stalls, AJobThatRunsTooLongIsTold) {
  Stalls stalls(6 * kHour);
  EXPECT_TRUE(stalls.note(job(State::running, kNow - kHour), kNow));
  EXPECT_EQ(stalls.due_us(), kNow + 5 * kHour);
  EXPECT_THAT(stalls.overdue(kNow), IsEmpty());
  const auto late = stalls.overdue(kNow + 5 * kHour);
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].type, "workflow_job");
  EXPECT_EQ(late[0].subject, "job/5");
  EXPECT_TRUE(late[0].polled);
  EXPECT_EQ(late[0].task->state, State::unknown);
  EXPECT_EQ(late[0].task->detail, "stalled");
  EXPECT_THAT(late[0].summary, HasSubstr("running for 6 h"));
}

TEST(Stalls, OnceAndBackByObservation) {
  Stalls stalls(6 * kHour);
  const Event running = job(State::running, kNow);
  stalls.note(running, kNow);
  stalls.told(running.task->id, true);
  EXPECT_EQ(stalls.due_us(), std::nullopt);
  EXPECT_THAT(stalls.overdue(kNow + 100 * kHour), IsEmpty());
  // What was seen before is no observation; another state, or another try, is.
  EXPECT_TRUE(stalls.is_old_news(*running.task));
  EXPECT_FALSE(stalls.note(running, kNow + 8 * kHour));
  EXPECT_FALSE(stalls.is_old_news(*job(State::finished).task));
  EXPECT_FALSE(stalls.is_old_news(*job(State::running, 0, 2).task));
  EXPECT_TRUE(stalls.note(job(State::finished), kNow));
  EXPECT_EQ(stalls.size(), 0u);
}

TEST(Stalls, ANewStateOrTryStartsOver) {
  Stalls stalls(6 * kHour);
  stalls.note(job(State::pending, kNow), kNow);
  stalls.note(job(State::running, kNow + kHour), kNow + kHour);
  EXPECT_EQ(stalls.due_us(), kNow + 7 * kHour);
  EXPECT_FALSE(stalls.note(job(State::pending, kNow), kNow + 2 * kHour)) << "a late report";
  stalls.note(job(State::pending, kNow + 3 * kHour, 2), kNow + 3 * kHour);
  EXPECT_EQ(stalls.due_us(), kNow + 9 * kHour);
  EXPECT_FALSE(stalls.note(job(State::finished, 0, 1), kNow)) << "the first try's end";
  EXPECT_EQ(stalls.size(), 1u);
}

TEST(Stalls, OneThatTheHostKnowsBetterIsForgotten) {
  Stalls stalls(kHour);
  const Event running = job(State::running, kNow);
  stalls.note(running, kNow);
  stalls.told(running.task->id, false);
  EXPECT_EQ(stalls.size(), 0u);
}

TEST(Stalls, OtherTasksAndSwitchedOff) {
  Stalls off(0), stalls(kHour);
  EXPECT_FALSE(off.note(job(State::running), kNow));
  Event run = job(State::running);
  run.task->kind = "run";
  EXPECT_FALSE(stalls.note(run, kNow));
  EXPECT_FALSE(stalls.note(Event{}, kNow));
}

TEST(Stalls, OutlivesARestart) {
  Stalls before(6 * kHour), after(6 * kHour);
  before.note(job(State::running, kNow), kNow);
  before.note(job(State::pending, kNow - kHour, 3, "6"), kNow);
  before.told("github:octo/hello/job/6", true);
  after.load(before.save() + "nonsense\n\tx\t\n");
  EXPECT_EQ(after.size(), 2u);
  EXPECT_EQ(after.due_us(), kNow + 6 * kHour);
  EXPECT_TRUE(after.is_old_news(*job(State::pending, 0, 3, "6").task));
  EXPECT_EQ(after.save(), before.save());
}

TEST(Stalls, IsBounded) {
  Stalls stalls(kHour);
  for (int n = 0; n < 1000; ++n)
    stalls.note(job(State::running, kNow + n, 1, std::to_string(n)), kNow + 2000);
  EXPECT_EQ(stalls.size(), Stalls::kMost);
  EXPECT_EQ(stalls.due_us(), kNow + 1000 - static_cast<std::int64_t>(Stalls::kMost) + kHour);
  EXPECT_LE(stalls.save().size(), 65536u);
}

}  // namespace
}  // namespace bus::github
