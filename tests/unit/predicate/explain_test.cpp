#include "core/predicate/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/predicate/sample_event.h"

namespace bus::predicate {
namespace {

class ExplainTest : public ::testing::Test {
 protected:
  Explanation of(std::string_view source) {
    const auto predicate = compile(source);
    EXPECT_TRUE(predicate) << predicate.error().message;
    return explain(*predicate, view_);
  }

  event::Event event_ = testing::sample_event();
  EventView view_{event_};
};

TEST_F(ExplainTest, NamesThePartThatDecided) {
  EXPECT_EQ(of("source == 'github' && task.result == 'success'").why, "task.result == 'success' is false");
  EXPECT_EQ(of("source == 'x' || task.ok || scope == 'octo/hello'").why, "scope == 'octo/hello' is true");
  EXPECT_EQ(of("source == 'github' && true").why, "source == 'github' && true is true");
  EXPECT_EQ(of("!(data.jobs.exists(j, j.conclusion == 'failure'))").why, "j.conclusion == 'failure' is true");
  EXPECT_EQ(of("task.ok ? true : scope == 'x'").why, "scope == 'x' is false");
  EXPECT_EQ(of("data.nothing.deep > 1").why, "data.nothing: no such field 'nothing'");
  EXPECT_EQ(of("data.jobs.all(j, j.name > 1)").match, Match::error);
}

TEST_F(ExplainTest, ShowsEveryPart) {
  EXPECT_EQ(to_text(of("source == 'x' && data.number > 1")),
            "no match: source == 'x' is false\n"
            "source == 'x' && data.number > 1  => false\n"
            "  source == 'x'  => false   <-- this decided\n"
            "    source  => \"github\"\n"
            "  data.number > 1  (not evaluated)\n"
            "    data.number  (not evaluated)\n");
}

TEST_F(ExplainTest, KeepsTheTerminalSafeAndValuesShort) {
  event_.scope = "\x1b[31m" + std::string(1000, 'x');
  const std::string text = to_text(of("scope == 'a'"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_LT(text.size(), 500u);
}

TEST_F(ExplainTest, RendersJson) {
  EXPECT_EQ(to_json(of("data.labels.size() == 3 || data.nothing")),
            R"({"match":"error","why":"data.nothing: no such field 'nothing'","root":{)"
            R"("source":"data.labels.size() == 3 || data.nothing","column":1,"begin":0,"end":39,)"
            R"("error":"no such field 'nothing'","decided":true,"parts":[)"
            R"({"source":"data.labels.size() == 3","column":1,"begin":0,"end":23,"value":"false","parts":[)"
            R"-({"source":"data.labels.size()","column":1,"begin":0,"end":18,"value":"2","parts":[)-"
            R"({"source":"data.labels","column":1,"begin":0,"end":11,"value":"list of 2"}]}]},)"
            R"({"source":"data.nothing","column":28,"begin":27,"end":39,"error":"no such field 'nothing'",)"
            R"("decided":true}]}})");
}

}  // namespace
}  // namespace bus::predicate
