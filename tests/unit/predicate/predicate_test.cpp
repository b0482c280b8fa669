#include "core/predicate/predicate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/unit/predicate/sample_event.h"

namespace bus::predicate {
namespace {

using ::testing::HasSubstr;

class PredicateTest : public ::testing::Test {
 protected:
  Match run(std::string_view source, std::string* why = nullptr) {
    const auto predicate = compile(source);
    EXPECT_TRUE(predicate) << predicate.error().message;
    view_.reset(event_);
    return predicate ? match(*predicate, view_, why) : Match::error;
  }

  event::Event event_ = testing::sample_event();
  EventView view_{event_};
};

TEST_F(PredicateTest, TrueMatchesAndFalseDoesNot) {
  EXPECT_EQ(run("source == 'github' && task.result == 'failure'"), Match::yes);
  EXPECT_EQ(run("source == 'docker'"), Match::no);
}

TEST_F(PredicateTest, AnErrorOrANonBoolIsNoMatchAndSaysWhy) {
  std::string why;
  EXPECT_EQ(run("data.nothing == 1", &why), Match::error);
  EXPECT_EQ(why, "column 6: no such field 'nothing'");
  EXPECT_EQ(run("scope", &why), Match::error);
  EXPECT_EQ(why, "the result is no bool but string");
  const auto predicate = compile("scope > 1");
  EXPECT_FALSE(matches(*predicate, view_));
}

TEST_F(PredicateTest, AnEventWithoutTaskHasNoneOfItsFields) {
  event_.task.reset();
  std::string why;
  EXPECT_EQ(run("task.result == 'failure'", &why), Match::error);
  EXPECT_EQ(why, "column 6: no such variable 'task'");
  EXPECT_EQ(run("has(task.result)"), Match::no);
  EXPECT_EQ(run("task.size() > 0"), Match::error);
}

TEST_F(PredicateTest, AnEventWithoutDataHasNoneOfItsFields) {
  event_.data.clear();
  EXPECT_EQ(run("data.number == 42"), Match::error);
  EXPECT_EQ(run("has(data.number)"), Match::no);
  EXPECT_EQ(run("from == 'ada'"), Match::error);
}

TEST_F(PredicateTest, DataThatIsNoJsonIsAsIfThereWereNone) {
  event_.data = "{broken";
  EXPECT_EQ(run("has(data.number)"), Match::no);
}

TEST_F(PredicateTest, TextOfAnEventThatIsEmptyIsEmptyText) {
  event_.subject.clear();
  EXPECT_EQ(run("subject == ''"), Match::yes);
}

TEST_F(PredicateTest, ASourceBeyondTheBoundsIsRefused) {
  EXPECT_EQ(compile(std::string(4097, ' ')).error().code, Code::limit);
  EXPECT_TRUE(compile("true" + std::string(4092, ' ')));
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "true" + std::string(depth, ')');
  };
  EXPECT_TRUE(compile(nested(63)));
  EXPECT_EQ(compile(nested(65)).error().code, Code::limit);
  EXPECT_EQ(compile(std::string(200, '!') + "true").error().code, Code::limit);
  std::string chain = "1";
  for (int i = 0; i < 300; ++i) chain += "+1";
  EXPECT_EQ(compile(chain).error().code, Code::limit);
}

TEST_F(PredicateTest, LongChainsOfAndAndOrAreFine) {
  std::string chain = "true";
  for (int i = 0; i < 500; ++i) chain += "&&true";
  EXPECT_EQ(run(chain), Match::yes);
}

TEST_F(PredicateTest, TheBudgetEndsWhatWouldRunLong) {
  std::string list = "[0";
  for (int i = 1; i < 100; ++i) list += "," + std::to_string(i);
  list += "]";
  const std::string nested =
      list + ".all(a," + list + ".all(b," + list + ".all(c," + list + ".all(d,true))))";
  std::string why;
  EXPECT_EQ(run(nested, &why), Match::error);
  EXPECT_THAT(why, HasSubstr("too many steps"));
  // || does not bring it back.
  EXPECT_EQ(run(nested + " || true"), Match::error);
}

TEST_F(PredicateTest, TheBudgetBoundsMemory) {
  std::string grow = "['xxxxxxxxxxxxxxxx']";
  for (int i = 0; i < 40; ++i) grow += ".map(x,x+x)";
  EXPECT_EQ(run(grow + " == []"), Match::error);
  EXPECT_EQ(run("'aaaaaaaaaaaaaaaaaaaaaaaa'.split('').map(x,'%s'.format([data])).size() > 0"), Match::yes);
}

TEST_F(PredicateTest, LongTextIsSearchedInLinearTime) {
  event_.data = "\"" + std::string(1 << 20, 'a') + "\"";
  EXPECT_EQ(run("data.matches('(a+)+$')"), Match::yes);
  EXPECT_EQ(run("data.matches('(a*)*b')"), Match::no);
}

TEST_F(PredicateTest, CompileErrorsShowThePlace) {
  const auto refused = compile("scope == 'é' && type == ");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "column 25: a value expected, not the end");
  EXPECT_EQ(refused.error().hint, "scope == 'é' && type == \n                        ^");
}

TEST_F(PredicateTest, EvaluateJsonTakesPlainVariables) {
  json::Document document;
  const auto variables = document.parse(R"({"a": 2, "list": [1, {"b": true}]})");
  ASSERT_TRUE(variables);
  EXPECT_EQ(evaluate_json("list[1].b ? a * 21 : 0", *variables).value(), "42");
  EXPECT_EQ(evaluate_json("{'x': list, 'y': 1.0 / 0.0}", *variables).value(),
            R"({"x":[1,{"b":true}],"y":"Infinity"})");
  EXPECT_EQ(evaluate_json("1 + 1", {}).value(), "2");
  EXPECT_FALSE(evaluate_json("c", *variables));
  EXPECT_FALSE(evaluate_json("1 / 0", *variables));
}

TEST_F(PredicateTest, OnePredicateServesManyThreads) {
  const auto predicate =
      compile("data.jobs.exists(job, job.name.matches('^test')) && time.getHours('Asia/Tokyo') == 17");
  ASSERT_TRUE(predicate) << predicate.error().message;
  std::vector<std::thread> threads;
  std::vector<int> counts(4, 0);
  for (int& count : counts) {
    threads.emplace_back([&] {
      const auto event = testing::sample_event();
      EventView view(event);
      for (int i = 0; i < 500; ++i) count += match(*predicate, view) == Match::yes ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counts, std::vector<int>(4, 500));
}

}  // namespace
}  // namespace bus::predicate
