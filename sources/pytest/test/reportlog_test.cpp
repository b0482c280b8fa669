// What the files of testcases/ do not show.
#include "sources/pytest/reportlog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::pytest {
namespace {

using ::testing::HasSubstr;

std::string report(const std::string& when) {
  return R"({"$report_type":"TestReport","nodeid":"a.py::t","when":")" + when + R"(","outcome":"passed"})" +
         "\n";
}

TEST(Reportlog, ATestWhoseCallIsMissingDidNotPass) {
  const FileReport log = read_reportlog(report("setup") + report("teardown"));
  ASSERT_EQ(log.tests.size(), 1u);
  EXPECT_EQ(log.tests[0].verdict, Verdict::interrupted);
}

TEST(Reportlog, EveryCutKeepsWhatWasCompleteBeforeIt) {
  const std::string whole = report("setup") + report("call") + report("teardown");
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    const FileReport log = read_reportlog(whole.substr(0, cut));
    EXPECT_EQ(log.tests.size(), cut + 1 == whole.size() ? 1u : 0u) << cut;
    EXPECT_FALSE(log.finish) << cut;
  }
}

TEST(Reportlog, MembersOfOtherTypesArePassedOver) {
  const FileReport log = read_reportlog(
      R"({"$report_type":"TestReport","nodeid":"a","when":"teardown","outcome":"failed","longrepr":7,"sections":[1,[2]],)"
      R"("location":"x","duration":"long"})"
      "\n");
  EXPECT_EQ(log.problem, "");
  ASSERT_EQ(log.tests.size(), 1u);
  EXPECT_EQ(log.tests[0].verdict, Verdict::error);
}

TEST(Reportlog, ALineThatIsNoJsonIsNamed) {
  EXPECT_THAT(read_reportlog(report("setup") + "\n\nno\n").problem, HasSubstr("line 4: it is no JSON"));
}

}  // namespace
}  // namespace bus::pytest
