// What the files of testcases/ do not show.
#include "sources/pytest/junit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/pytest/text.h"

namespace bus::pytest {
namespace {

using ::testing::HasSubstr;

TEST(Junit, TextsAreBounded) {
  const FileReport report = read_junit("<testsuite><testcase name=\"a\"><failure>" +
                                       std::string(1u << 20, 'x') + "</failure><system-out>" +
                                       std::string(1u << 20, 'y') + "</system-out></testcase></testsuite>");
  ASSERT_EQ(report.tests.size(), 1u);
  EXPECT_LE(report.tests[0].text.size(), kMaxExcerpt + 64);
  EXPECT_LE(report.tests[0].out.size(), kMaxExcerpt + 64);
}

TEST(Junit, OnlySoManyTestsAreTaken) {
  std::string xml = "<testsuite>";
  for (std::size_t i = 0; i <= kMaxFileTests; ++i) xml += "<testcase name=\"t" + std::to_string(i) + "\"/>";
  const FileReport report = read_junit(xml + "</testsuite>");
  EXPECT_EQ(report.tests.size(), kMaxFileTests);
  EXPECT_THAT(report.problem, HasSubstr("only the first 20000 tests"));
}

TEST(Junit, DeepNestingIsRefused) {
  std::string xml;
  for (int i = 0; i < 100; ++i) xml += "<testsuite>";
  EXPECT_THAT(read_junit(xml).problem, HasSubstr("nested too deeply"));
}

TEST(Junit, EveryCutKeepsWhatWasCompleteBeforeIt) {
  const std::string xml =
      "<testsuites><testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"><failure "
      "message=\"m\">x</failure>"
      "</testcase></testsuite></testsuites>";
  const std::size_t first = xml.find("/>") + 2, second = xml.find("</testcase>") + 11;
  for (std::size_t cut = 0; cut < xml.size(); ++cut) {
    const FileReport report = read_junit(xml.substr(0, cut));
    EXPECT_FALSE(report.problem.empty()) << cut;
    EXPECT_EQ(report.tests.size(), cut < first ? 0u : cut < second ? 1u : 2u) << cut;
  }
}

TEST(Junit, TextThatNamesAnotherEncodingIsUtf8WhereItCameAsText) {
  const FileReport report = read_junit(
      "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><testsuite><testcase name=\"ü\"/></testsuite>", true);
  ASSERT_EQ(report.tests.size(), 1u);
  EXPECT_EQ(report.tests[0].name, "ü");
}

}  // namespace
}  // namespace bus::pytest
