// What the files of testcases/ do not show.
#include "sources/pytest/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::pytest {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& message) {
  Intake intake;
  const Meaning meaning = intake.read(message);
  const auto* refused = std::get_if<Refusal>(&meaning);
  return refused != nullptr ? refused->message : "";
}

TEST(IntakeTest, AMessageHasAtMostSoManyReports) {
  std::string reports;
  for (std::size_t i = 0; i <= kMaxReports; ++i)
    reports += std::string(i == 0 ? "" : ",") + R"({"n":1,"what":"start"})";
  EXPECT_THAT(refusal(R"({"session":{"id":"s"},"reports":[)" + reports + "]}"),
              HasSubstr("at most 1000 elements"));
}

TEST(IntakeTest, ATextHasAtMostSoManyBytes) {
  const std::string message =
      R"({"session":{"id":"s"},"reports":[{"n":1,"what":"test","nodeid":"a","outcome":"failed","text":")" +
      std::string(kMaxLongText + 1, 'x') + "\"}]}";
  EXPECT_EQ(refusal(message), "reports[0].text must have at most 131072 bytes");
}

TEST(IntakeTest, TheSameFileGivesTheSameKeysAndAnotherOneOthers) {
  const ReportFile file{"/r/junit.xml", "<testsuite><testcase name=\"a\"/></testsuite>", {}, 1};
  ReportFile later = file;
  later.modified_us = 2;
  EXPECT_EQ(read_junit_file(file).events[1].key, read_junit_file(file).events[1].key);
  EXPECT_NE(read_junit_file(file).events[1].key, read_junit_file(later).events[1].key);
}

TEST(IntakeTest, TheScopeOfAFileIsItsFolder) {
  const ReportFile file{"/home/me/hello/junit.xml", "<testsuite/>", {}, 0};
  EXPECT_EQ(read_junit_file(file).events[0].scope, "hello");
  const ReportFile bare{"junit.xml", "<testsuite/>", "octo/hello", 0};
  EXPECT_EQ(read_junit_file(bare).events[0].scope, "octo/hello");
}

}  // namespace
}  // namespace bus::pytest
