#include "sources/pytest/report.h"

#include <gtest/gtest.h>

namespace bus::pytest {
namespace {

Session hello() {
  Session session;
  session.id = "s1";
  session.scope = "hello";
  return session;
}

TEST(Report, LongNodeIdsKeepTheirBeginningAndStayApart) {
  const std::string long_id(3000, 'x');
  const std::string one = test_task_id(hello(), long_id + "1"), other = test_task_id(hello(), long_id + "2");
  EXPECT_LE(one.size(), 1024u);
  EXPECT_NE(one, other);
  EXPECT_TRUE(one.starts_with("pytest:s1/xxx"));
}

TEST(Report, AKeyIsSessionAndNumber) {
  EXPECT_EQ(session_pending(hello(), 7, 0).key, "s1/7");
  EXPECT_EQ(session_unknown(hello(), std::nullopt, 0, "silent", {}).key, "");
}

TEST(Report, AnEndBeforeTheBeginningIsLeftOut) {
  TestCase test;
  test.nodeid = "a::b";
  test.started_us = 2'000'000;
  test.ended_us = 1'000'000;
  EXPECT_EQ(test_finished(hello(), 1, 0, test).task->ended_us, 0);
}

TEST(Report, AFileThatCouldNotBeReadWholeDoesNotEndItsSession) {
  FileReport report;
  report.session = hello();
  report.finish.emplace();
  EXPECT_EQ(events_of(report, 0).back().task->state, State::finished);
  report.problem = "line 3: no";
  EXPECT_EQ(events_of(report, 0).back().task->state, State::unknown);
  report.problem.clear();
  report.finish.reset();
  EXPECT_EQ(events_of(report, 0).back().task->detail, "no end");
}

}  // namespace
}  // namespace bus::pytest
