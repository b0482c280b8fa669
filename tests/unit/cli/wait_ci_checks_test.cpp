#include "core/cli/wait_ci_checks.h"

#include <gmock/gmock.h>

#include "core/base/time_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/wait_ci_view.h"

namespace bus::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Time at(int second) {
  return Time{} + seconds(second);
}

CiRules rules() {
  CiRules rules;
  rules.repo = "octo/hello";
  rules.sha = "c9a1f2e";
  rules.settle = seconds(20);
  return rules;
}

// The checks of one commit; reports are numbered as they come.
class WaitCi : public ::testing::Test {
 protected:
  // `what` is "run/98"; `more` are further members. Heard of at that second.
  bool take(int second, std::string_view what, std::string_view kind, std::string_view name,
            std::string_view state, const std::string& more = "", std::string_view sha = "c9a1f2e000") {
    std::string text = R"({"id":"github:Octo/Hello/)" + std::string(what) + R"(","kind":")" +
                       std::string(kind) + R"(","name":")" + std::string(name) + R"(","sha":")" +
                       std::string(sha) + '"';
    if (state == "success" || state == "failure" || state == "cancellation") {
      text += R"(,"state":"finished","result":")" + std::string(state) + R"(","ok":)" +
              (state == "success" ? "true" : "false");
    } else {
      text += R"(,"state":")" + std::string(state) + '"';
    }
    text += (more.empty() ? "" : "," + more) + "}";
    return checks_.take(*document_.parse(text), ++seq_, at(second), text);
  }
  void restart(CiRules with) { checks_ = CiChecks(std::move(with)); }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const CiCheck* check : checks_.shown()) names.push_back(check->name + " " + check->word());
    return names;
  }

  json::Document document_;
  CiChecks checks_{rules()};
  std::uint64_t seq_ = 0;
};

const std::string kOfRun = R"("parent":"github:Octo/Hello/run/98")";
const std::string kOfSuite = R"("parent":"github:Octo/Hello/suite/5")";

std::string times(int started, int ended) {
  return R"(,"started":")" + format_time(at(started)) + R"(","ended":")" + format_time(at(ended)) + '"';
}

TEST_F(WaitCi, NoChecksIsNoAnswerEver) {
  EXPECT_EQ(checks_.answer(at(1000000)), std::nullopt);
  EXPECT_EQ(checks_.due(), std::nullopt);
  EXPECT_THAT(checks_.outstanding(), ElementsAre("the first check of octo/hello c9a1f2e"));
  EXPECT_EQ(checks_.headline(), "octo/hello c9a1f2e: no checks yet");
  EXPECT_EQ(checks_.summary(std::nullopt),
            R"({"repo":"octo/hello","sha":"c9a1f2e","state":"pending","checks":0})");
}

TEST_F(WaitCi, OnlyWhatIsOfTheCommitAndTheRepository) {
  EXPECT_FALSE(take(1, "run/1", "run", "CI", "success", "", "d000000"));
  EXPECT_FALSE(take(1, "deployment/1", "deployment", "prod", "failure"));
  const std::string_view other =
      R"({"id":"github:octo/hello2/run/1","kind":"run","sha":"c9a1f2e000","state":"running"})";
  EXPECT_FALSE(checks_.take(*document_.parse(other), 9, at(1), other));
  EXPECT_TRUE(take(1, "run/98", "run", "CI", "running"));
}

TEST_F(WaitCi, OverWhenAllHaveEndedAndTheWindowIsQuiet) {
  take(1, "run/98", "run", "CI", "running");
  take(2, "status/c9a1f2e000/lint", "check", "lint", "success");
  EXPECT_EQ(checks_.answer(at(500)), std::nullopt);
  EXPECT_THAT(checks_.outstanding(), ElementsAre("CI (running)"));
  take(10, "run/98", "run", "CI", "success");
  EXPECT_EQ(checks_.due(), at(30));
  EXPECT_EQ(checks_.answer(at(29)), std::nullopt);
  EXPECT_THAT(checks_.outstanding(), ElementsAre("nothing new for 20s (--settle)"));
  EXPECT_EQ(checks_.answer(at(30)), kGood);
}

TEST_F(WaitCi, ALateSetOfChecksIsWaitedFor) {
  take(1, "run/98", "run", "CI", "success");
  take(15, "run/99", "run", "Release", "pending");
  EXPECT_EQ(checks_.answer(at(500)), std::nullopt);
  take(600, "run/99", "run", "Release", "failure");
  EXPECT_EQ(checks_.answer(at(620)), kNotOk);
  EXPECT_THAT(names(), ElementsAre("Release failure", "CI success"));
}

TEST_F(WaitCi, AReRunCountsWithItsLastTry) {
  take(1, "run/98", "run", "CI", "failure");
  take(1, "job/1", "job", "test", "failure", kOfRun);
  take(5, "run/98", "run", "CI", "pending", R"("attempt":2)");
  EXPECT_EQ(checks_.answer(at(500)), std::nullopt);
  take(6, "job/2", "job", "test", "success", kOfRun + R"(,"attempt":2)");
  take(7, "run/98", "run", "CI", "success", R"("attempt":2)");
  EXPECT_EQ(checks_.answer(at(27)), kGood);
  EXPECT_THAT(names(), ElementsAre("CI success"));
}

TEST_F(WaitCi, ACheckThatBeganAfterAnotherEndedTakesItsPlace) {
  take(1, "check/1", "check", "test", "failure", kOfSuite + times(1, 10));
  take(2, "check/2", "check", "test", "success", kOfSuite + times(10, 20));
  EXPECT_EQ(checks_.answer(at(22)), kGood);
  // Side by side both count, and so do those of different suites.
  restart(rules());
  take(1, "check/1", "check", "test", "failure", kOfSuite + times(1, 10));
  take(2, "check/2", "check", "test", "success", kOfSuite + times(9, 20));
  EXPECT_EQ(checks_.answer(at(22)), kNotOk);
  restart(rules());
  take(1, "check/1", "check", "test", "failure", kOfSuite + times(1, 10));
  take(2, "check/2", "check", "test", "success", R"("parent":"github:Octo/Hello/suite/6")" + times(10, 20));
  EXPECT_EQ(checks_.answer(at(22)), kNotOk);
}

TEST_F(WaitCi, ACancelledRunCountsNoMoreOnceTheWorkflowRanAgain) {
  take(1, "run/98", "run", "CI", "cancellation");
  EXPECT_EQ(checks_.answer(at(21)), kNotOk);
  take(2, "run/99", "run", "CI", "success");
  EXPECT_EQ(checks_.answer(at(22)), kGood);
  // A failed one does: it may be of another event.
  take(3, "run/97", "run", "CI", "failure");
  EXPECT_EQ(checks_.answer(at(23)), kNotOk);
}

TEST_F(WaitCi, ARunDecidesForItsJobs) {
  take(1, "run/98", "run", "CI", "success");
  take(1, "job/7", "job", "flaky", "failure", kOfRun);  // continue-on-error
  take(1, "check/7", "check", "flaky", "failure");      // the same job
  take(1, "check/8", "check", "other", "failure", R"("url":"https://g/o/h/actions/runs/98/job/8")");
  take(1, "suite/5", "suite", "GitHub Actions", "failure");
  EXPECT_EQ(checks_.answer(at(21)), kGood);
  EXPECT_THAT(names(), ElementsAre("flaky failure", "other failure", "CI success"));
}

TEST_F(WaitCi, JobsAndChecksDecideWhereTheirRunIsNotKnown) {
  take(1, "job/7", "job", "test", "success", kOfRun);
  take(1, "check/8", "check", "lint", "failure", R"("url":"https://g/o/h/actions/runs/98/job/8")");
  EXPECT_EQ(checks_.answer(at(21)), kNotOk);
}

TEST_F(WaitCi, ASuiteCountsWhereItsChecksAreNotKnown) {
  take(1, "suite/5", "suite", "Other App", "failure");
  EXPECT_EQ(checks_.answer(at(21)), kNotOk);
  take(1, "check/1", "check", "test", "success", kOfSuite);
  EXPECT_EQ(checks_.answer(at(21)), kGood);
}

TEST_F(WaitCi, RequiredNamesHaveToBeSeenAndDecide) {
  CiRules with = rules();
  with.required = {"test", "lint"};
  restart(with);
  take(1, "run/98", "run", "CI", "success");
  take(1, "job/7", "job", "test", "failure", kOfRun);
  EXPECT_EQ(checks_.answer(at(500)), std::nullopt);
  EXPECT_EQ(checks_.headline(), "octo/hello c9a1f2e: 2 checks finished, 1 not ok, lint not seen");
  EXPECT_THAT(checks_.outstanding(), ElementsAre("lint (required, not seen)"));
  EXPECT_THAT(checks_.summary(std::nullopt), HasSubstr(R"("missing":["lint"])"));
  take(600, "status/c9a1f2e000/lint", "check", "lint", "success");
  EXPECT_EQ(checks_.answer(at(620)), kNotOk);
}

TEST_F(WaitCi, AnyFailureEndsAtOnce) {
  CiRules with = rules();
  with.any_failure = true;
  restart(with);
  take(1, "run/98", "run", "CI", "running");
  take(1, "run/99", "run", "Docs", "success");
  EXPECT_EQ(checks_.answer(at(1)), std::nullopt);
  take(2, "job/7", "job", "test", "failure", kOfRun);
  EXPECT_EQ(checks_.answer(at(2)), kNotOk);
  take(3, "run/98", "run", "CI", "running", R"("attempt":2)");
  EXPECT_EQ(checks_.answer(at(3)), std::nullopt);
}

TEST_F(WaitCi, ThreeAnswers) {
  take(1, "run/98", "run", "CI", "unknown");
  EXPECT_EQ(checks_.answer(at(21)), kUnknown);
  EXPECT_THAT(checks_.unknown(), ElementsAre("github:Octo/Hello/run/98"));
  EXPECT_EQ(checks_.summary(kUnknown),
            R"({"repo":"octo/hello","sha":"c9a1f2e","state":"unknown","checks":1})");
  take(1, "run/99", "run", "Docs", "failure");
  EXPECT_EQ(checks_.answer(at(21)), kNotOk);
}

TEST_F(WaitCi, AnApprovalIsWaitedFor) {
  take(1, "run/98", "run", "CI", "blocked", R"("blocked_on":"approval")");
  EXPECT_EQ(checks_.answer(at(500)), std::nullopt);
  EXPECT_THAT(checks_.outstanding(), ElementsAre("CI (blocked (approval))"));
}

TEST_F(WaitCi, AnOlderReportChangesNothing) {
  take(1, "run/98", "run", "CI", "success");
  const std::string_view old =
      R"({"id":"github:Octo/Hello/run/98","kind":"run","name":"CI","sha":"c9a1f2e000","state":"running"})";
  EXPECT_FALSE(checks_.take(*document_.parse(old), seq_, at(2), old));
  EXPECT_EQ(checks_.answer(at(21)), kGood);
}

TEST_F(WaitCi, OneRunAndItsJobs) {
  CiRules with = rules();
  with.sha.clear();
  with.run = 98;
  with.settle = microseconds(0);
  restart(with);
  EXPECT_FALSE(take(1, "run/99", "run", "CI", "failure"));
  EXPECT_FALSE(take(1, "check/1", "check", "lint", "failure"));
  EXPECT_TRUE(take(1, "job/7", "job", "test", "success", kOfRun));
  EXPECT_EQ(checks_.answer(at(500)), std::nullopt);
  take(2, "run/98", "run", "CI", "success");
  EXPECT_EQ(checks_.answer(at(2)), kGood);
  EXPECT_EQ(checks_.summary(kGood),
            R"({"repo":"octo/hello","run":98,"state":"finished","ok":true,"checks":1})");
}

TEST_F(WaitCi, TheTableIsSafeForATerminal) {
  take(1, "run/98", "run", "C\\u001b[31mI", "failure", R"("attempt":2,"url":"https://g/98")" + times(0, 65));
  EXPECT_THAT(ci_table(checks_), ElementsAre("octo/hello c9a1f2e: 1 check finished, 1 not ok",
                                             "  failure             run     CI  #2  1m5s  https://g/98"));
  EXPECT_THAT(ci_table(checks_, 10), ElementsAre("octo/hello", "  failure "));
}

}  // namespace
}  // namespace bus::cli
