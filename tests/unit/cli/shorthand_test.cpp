#include "core/cli/shorthand.h"

#include <gmock/gmock.h>

#include "core/predicate/predicate.h"
#include "tests/unit/cli/say.h"

namespace bus::cli {
namespace {

using ::testing::HasSubstr;

std::string sugar(const std::vector<std::string>& options, std::string_view expression = "") {
  auto text = filter_expression(said("wait", options), expression);
  if (!text) return "error: " + text.error().message;
  EXPECT_TRUE(text->empty() || predicate::compile(*text)) << *text;
  return *text;
}

TEST(Shorthand, EachIsAComparison) {
  EXPECT_EQ(sugar({"--source", "github"}), "source == \"github\"");
  EXPECT_EQ(sugar({"--type", "push"}), "type == \"push\"");
  EXPECT_EQ(sugar({"--scope", "octo/hello"}), "scope == \"octo/hello\"");
  EXPECT_EQ(sugar({"--state", "finished"}), "task.state == \"finished\"");
  EXPECT_EQ(sugar({"--result", "failure"}), "task.result == \"failure\"");
  EXPECT_EQ(sugar({"--sha", "C9A1F2E"}), "task.sha.startsWith(\"c9a1f2e\")");
}

TEST(Shorthand, ValuesAreAlternativesOptionsAreConditions) {
  EXPECT_EQ(sugar({"--source", "a", "--source", "b", "--type", "t"}),
            "(source == \"a\" || source == \"b\") && type == \"t\"");
  EXPECT_EQ(sugar({"--sha", "abcd", "--sha", "1234"}),
            "(task.sha.startsWith(\"abcd\") || task.sha.startsWith(\"1234\"))");
}

TEST(Shorthand, GoesBesideAnExpression) {
  EXPECT_EQ(sugar({}, "seq > 1 || seq < 0"), "seq > 1 || seq < 0");
  EXPECT_EQ(sugar({"--type", "t"}, "seq > 1 || seq < 0"), "type == \"t\" && (seq > 1 || seq < 0)");
  EXPECT_EQ(sugar({}), "");
}

TEST(Shorthand, MatchReadsPathsAndJson) {
  EXPECT_EQ(sugar({"--match", "data.action=\"opened\""}), "data.action == \"opened\"");
  EXPECT_EQ(sugar({"--match", "data.tags.0=1"}), "data.tags[0] == 1");
  EXPECT_EQ(sugar({"--match", "data.head-sha=null"}), "data[\"head-sha\"] == null");
  EXPECT_EQ(sugar({"--match", "data.in=true"}), "data[\"in\"] == true");
  EXPECT_EQ(sugar({"--match", "task.attempt = 2"}), "task.attempt == 2");
  EXPECT_EQ(sugar({"--match", "data.x=1.0"}), "data.x == 1.0");
  EXPECT_EQ(sugar({"--match", "data.x=18446744073709551615"}), "data.x == 18446744073709551615u");
  EXPECT_EQ(sugar({"--match", "data.x={\"a\":[1,\"b\"]}"}), "data.x == {\"a\": [1, \"b\"]}");
  EXPECT_EQ(sugar({"--match", "data.x=\"a=b\""}), "data.x == \"a=b\"");
}

TEST(Shorthand, SamePathIsAnAlternative) {
  EXPECT_EQ(sugar({"--match", "data.a=1", "--match", "data.b=2", "--match", "data.a=3"}),
            "(data.a == 1 || data.a == 3) && data.b == 2");
}

TEST(Shorthand, WordsCannotBreakOut) {
  EXPECT_EQ(sugar({"--source", "a\" || true || \"\\"}), "source == \"a\\\" || true || \\\"\\\\\"");
  EXPECT_EQ(sugar({"--scope", "a\nb\x7f"}), "scope == \"a\\x0ab\\x7f\"");
}

TEST(Shorthand, SaysWhatIsWrong) {
  EXPECT_THAT(sugar({"--state", "finishd"}), HasSubstr("unknown word 'finishd'"));
  EXPECT_THAT(sugar({"--sha", "xyz"}), HasSubstr("hexadecimal"));
  EXPECT_THAT(sugar({"--match", "data.a"}), HasSubstr("PATH=JSON"));
  EXPECT_THAT(sugar({"--match", "data..a=1"}), HasSubstr("empty part"));
  EXPECT_THAT(sugar({"--match", "data.a="}), HasSubstr("no JSON value"));
  const auto unquoted = parse_match("data.action=opened");
  ASSERT_FALSE(unquoted);
  EXPECT_THAT(unquoted.error().hint, HasSubstr("data.action=\"opened\""));
  const auto field = parse_match("action=\"opened\"");
  ASSERT_FALSE(field);
  EXPECT_THAT(field.error().hint, HasSubstr("data.action"));
}

}  // namespace
}  // namespace bus::cli
