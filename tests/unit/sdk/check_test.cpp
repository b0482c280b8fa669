// What bus-plugin-check reads and writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "plugins-sdk/check/findings.h"
#include "plugins-sdk/check/json.h"
#include "plugins-sdk/check/report.h"
#include "plugins-sdk/check/sample.h"
#include "plugins-sdk/check/senders.h"

namespace bus::check {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CheckJson, TakesWhatIsOneValue) {
  for (const char* good : {"{}", " [1, -0.5e+3, \"a\\u00e9\\n\", null] ", "true", "\"\"", "0",
                           R"({"a":{"b":[{}]},"c":false})"}) {
    EXPECT_TRUE(is_json(good)) << good;
  }
}

TEST(CheckJson, RefusesTheRest) {
  for (const char* bad : {"", "{", "[1,]", "{\"a\"}", "{a:1}", "01", "1.", "+1", "\"a", "\"\\x\"",
                          "\"\\u12g4\"", "nul", "{} {}", "'a'", "\"\n\"", "-"}) {
    EXPECT_FALSE(is_json(bad)) << bad;
  }
  EXPECT_FALSE(is_json(std::string(100'000, '[')));
}

TEST(CheckText, IsUtf8WithoutNul) {
  EXPECT_TRUE(is_text("", 0));
  EXPECT_TRUE(is_text("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x8c", 20));
  EXPECT_FALSE(is_text("abc", 2));
  for (const char* bad :
       {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    EXPECT_FALSE(is_text(bad, 20)) << bad;
  }
  EXPECT_FALSE(is_text(std::string_view("a\0b", 3), 20));
}

TEST(CheckText, IsMendedByteByByte) {
  EXPECT_EQ(as_utf8("a\xc3\xa9\xff\xe2\x82z"), "a\xc3\xa9???z");
  EXPECT_EQ(as_utf8(""), "");
}

TEST(CheckSenders, SendAgainWhatIsNotTakenNow) {
  std::map<std::size_t, int> tries;
  const Counts counts = with_senders([&](std::size_t number) {
    const int before = tries[number]++;
    if (number % 4 == 0) return Answer::taken;
    if (number % 4 == 1) return before < 2 ? Answer::not_now : Answer::taken;
    return number % 4 == 2 ? Answer::not_now : Answer::never;
  });
  ASSERT_THAT(tries, SizeIs(kSent));
  for (const auto& [number, count] : tries)
    EXPECT_EQ(count, number % 4 == 1 ? 3 : number % 4 == 2 ? kTries : 1) << number;
  EXPECT_EQ(counts.sent, kSent);
  EXPECT_EQ(counts.accepted, kSent / 2);
  EXPECT_EQ(counts.refused, kSent / 2);
}

TEST(CheckSample, ReadsWhatIsSetAndWhatIsOffered) {
  const Sample sample = read_sample(
      "# A page.\n"
      "[sources.weather]\n"
      "\n"
      "# Where: a sentence = something.\n"
      "url = \"https://a/\\\"b\\\"\"  # there\n"
      "# every = \"45s\"\n"
      "#count = 1_000\n"
      "list = ['a', \"b\"]\n"
      "# yes = true\n"
      "none = []\n");
  EXPECT_THAT(sample.problems, IsEmpty());
  ASSERT_THAT(sample.set, SizeIs(3));
  EXPECT_THAT(sample.set.at("url").texts, ElementsAre("https://a/\"b\""));
  EXPECT_THAT(sample.set.at("list").texts, ElementsAre("a", "b"));
  EXPECT_THAT(sample.set.at("none").texts, IsEmpty());
  ASSERT_THAT(sample.offered, SizeIs(3));
  EXPECT_EQ(sample.offered.at("count").kind, Value::number);
  EXPECT_THAT(sample.offered.at("count").texts, ElementsAre("1000"));
  EXPECT_EQ(sample.offered.at("yes").kind, Value::boolean);
}

TEST(CheckSample, SaysWhatItCannotRead) {
  const Sample sample = read_sample("[a]\nx = 1.5\ny\n[b]\nz = \"a\nw = [1]\n");
  EXPECT_THAT(sample.problems,
              ElementsAre("line 2: it cannot be read", "line 3: it cannot be read", "line 4: a second table",
                          "line 5: it cannot be read", "line 6: it cannot be read"));
}

TEST(CheckReport, TellsPeopleAndPrograms) {
  Report report{"/p/a.so", "a 1", {}};
  report.lines.push_back({"one", {}});
  report.lines.push_back({"two", {Verdict::failed, {"<bad> & \"worse\"", "again"}, 0.5}});
  report.lines.push_back({"three", {Verdict::skipped, {"why"}, 0}});
  EXPECT_FALSE(report.good());
  const std::string text = as_text(report);
  EXPECT_THAT(text, HasSubstr("  failed  two\n            <bad> & \"worse\"\n            again\n"));
  EXPECT_THAT(text, HasSubstr("3 checks: 1 ok, 1 failed, 1 skipped\n"));
  EXPECT_TRUE(is_json(as_json(report))) << as_json(report);
  const std::string junit = as_junit(report);
  EXPECT_THAT(junit, HasSubstr("tests=\"3\" failures=\"1\" skipped=\"1\""));
  EXPECT_THAT(junit, HasSubstr("<failure>&lt;bad> &amp; &quot;worse&quot;\nagain</failure>"));
  EXPECT_THAT(junit, HasSubstr("<skipped message=\"why\"/>"));
}

}  // namespace
}  // namespace bus::check
