#include "core/cli/wait_plan.h"

#include <gmock/gmock.h>

#include "core/cli/exit_codes.h"

namespace bus::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Feeds a plan with events that are so many seconds apart.
class Feed {
 public:
  explicit Feed(WaitSpec spec) : plan_(*WaitPlan::make(std::move(spec))) {}

  // An event of that type, received at that second.
  bool operator()(std::string_view type, int second, std::optional<event::Outcome> result = std::nullopt) {
    event::Event event;
    event.type = type;
    event.source = "cli";
    event.received = Time{} + seconds(second);
    if (result) {
      event.task.emplace();
      event.task->id = std::string(type);
      event.task->state = event::State::finished;
      event.task->result = result;
    }
    return plan_.take(event, std::string(type) + "@" + std::to_string(second));
  }

  std::vector<std::string> answer() const {
    std::vector<std::string> texts;
    for (const Seen& seen : plan_.answer()) texts.push_back(seen.text);
    return texts;
  }
  WaitPlan& operator*() { return plan_; }
  WaitPlan* operator->() { return &plan_; }

 private:
  WaitPlan plan_;
};

std::string is(std::string_view type) {
  return "type == \"" + std::string(type) + "\"";
}

TEST(WaitPlan, OneMatchIsEnough) {
  Feed feed({.clauses = {is("a")}});
  EXPECT_EQ(feed->where(), is("a"));
  EXPECT_TRUE(feed("a", 1));
  EXPECT_THAT(feed.answer(), ElementsAre("a@1"));
}

TEST(WaitPlan, CountsMatches) {
  Feed feed({.clauses = {is("a")}, .count = 3});
  EXPECT_FALSE(feed("a", 1));
  EXPECT_FALSE(feed("a", 2));
  EXPECT_THAT(feed->outstanding(), ElementsAre(HasSubstr("(2 of 3 seen)")));
  EXPECT_TRUE(feed("a", 3));
  EXPECT_THAT(feed.answer(), ElementsAre("a@1", "a@2", "a@3"));
}

TEST(WaitPlan, CountWithinSlides) {
  Feed feed({.clauses = {is("a")}, .count = 3, .within = seconds(10)});
  EXPECT_FALSE(feed("a", 0));
  EXPECT_FALSE(feed("a", 8));
  EXPECT_FALSE(feed("a", 12));
  EXPECT_TRUE(feed("a", 18));
  EXPECT_THAT(feed.answer(), ElementsAre("a@8", "a@12", "a@18"));
}

TEST(WaitPlan, AllOfInAnyOrderEachSticks) {
  Feed feed({.what = WaitFor::all_of, .clauses = {is("a"), is("b")}});
  EXPECT_EQ(feed->where(), "(type == \"a\") || (type == \"b\")");
  EXPECT_FALSE(feed("b", 1));
  EXPECT_THAT(feed->outstanding(), ElementsAre(is("a")));
  EXPECT_FALSE(feed("b", 2));
  EXPECT_TRUE(feed("a", 900));
  EXPECT_THAT(feed.answer(), ElementsAre("b@1", "a@900"));
}

TEST(WaitPlan, OneEventCanSatisfySeveralClauses) {
  Feed feed({.what = WaitFor::all_of, .clauses = {is("a"), "source == \"cli\""}});
  EXPECT_TRUE(feed("a", 1));
  EXPECT_THAT(feed.answer(), ElementsAre("a@1"));
}

TEST(WaitPlan, AllOfWithinForgetsWhatIsOld) {
  Feed feed({.what = WaitFor::all_of, .clauses = {is("a"), is("b")}, .within = seconds(10)});
  EXPECT_FALSE(feed("a", 0));
  EXPECT_FALSE(feed("b", 11));
  EXPECT_THAT(feed->outstanding(), ElementsAre(is("a")));
  EXPECT_TRUE(feed("a", 20));
  EXPECT_THAT(feed.answer(), ElementsAre("b@11", "a@20"));
}

TEST(WaitPlan, FilterHoldsForEveryClause) {
  Feed feed({.what = WaitFor::all_of, .clauses = {is("a"), is("b")}, .filter = "source == \"cli\""});
  EXPECT_EQ(feed->where(), "source == \"cli\" && ((type == \"a\") || (type == \"b\"))");
}

TEST(WaitPlan, FirstOfIsAnyClause) {
  Feed feed({.what = WaitFor::first_of, .clauses = {is("a"), is("b")}});
  EXPECT_TRUE(feed("b", 1));
}

TEST(WaitPlan, SequenceKeepsTheOrder) {
  Feed feed({.what = WaitFor::sequence, .clauses = {is("a"), is("b"), is("c")}});
  EXPECT_FALSE(feed("b", 1));
  EXPECT_FALSE(feed("a", 2));
  EXPECT_FALSE(feed("c", 3));
  EXPECT_THAT(feed->outstanding(), ElementsAre(is("b"), is("c")));
  EXPECT_FALSE(feed("b", 4));
  EXPECT_TRUE(feed("c", 5));
  EXPECT_THAT(feed.answer(), ElementsAre("a@2", "b@4", "c@5"));
}

TEST(WaitPlan, OneEventTakesOneStep) {
  Feed feed({.what = WaitFor::sequence, .clauses = {is("a"), is("a")}});
  EXPECT_FALSE(feed("a", 1));
  EXPECT_TRUE(feed("a", 2));
}

TEST(WaitPlan, SequenceWithinStartsAsLateAsItCan) {
  Feed feed({.what = WaitFor::sequence, .clauses = {is("a"), is("b")}, .within = seconds(5)});
  EXPECT_FALSE(feed("a", 0));
  EXPECT_FALSE(feed("a", 8));
  EXPECT_TRUE(feed("b", 12));
  EXPECT_THAT(feed.answer(), ElementsAre("a@8", "b@12"));
}

TEST(WaitPlan, SequenceTooLateGoesOn) {
  Feed feed({.what = WaitFor::sequence, .clauses = {is("a"), is("b")}, .within = seconds(5)});
  EXPECT_FALSE(feed("a", 0));
  EXPECT_FALSE(feed("b", 6));
  EXPECT_FALSE(feed("a", 7));
  EXPECT_TRUE(feed("b", 8));
}

TEST(WaitPlan, AbsenceStartsAgainWithEachMatch) {
  Feed feed({.what = WaitFor::absence, .clauses = {is("beat")}, .quiet = seconds(30)});
  feed->watch_from(Time{} + seconds(100));
  EXPECT_EQ(feed->due(), Time{} + seconds(130));
  feed->seen_at(Time{} + seconds(120));
  EXPECT_EQ(feed->due(), Time{} + seconds(150));
  feed->seen_at(Time{} + seconds(90));  // replayed, older
  EXPECT_EQ(feed->due(), Time{} + seconds(150));
}

TEST(WaitPlan, StatusIsTheOutcome) {
  for (const auto& [result, status] :
       {std::pair(event::Outcome::success, kGood), std::pair(event::Outcome::skip, kGood),
        std::pair(event::Outcome::failure, kNotOk), std::pair(event::Outcome::error, kNotOk),
        std::pair(event::Outcome::timeout, kNotOk), std::pair(event::Outcome::cancellation, kNotOk)}) {
    Feed feed({.clauses = {is("a")}});
    ASSERT_TRUE(feed("a", 1, result));
    EXPECT_EQ(feed->status(), status);
  }
}

TEST(WaitPlan, TheWorstDecidesButInASequenceTheLast) {
  Feed all({.what = WaitFor::all_of, .clauses = {is("a"), is("b")}});
  all("a", 1, event::Outcome::failure);
  ASSERT_TRUE(all("b", 2, event::Outcome::success));
  EXPECT_EQ(all->status(), kNotOk);
  Feed sequence({.what = WaitFor::sequence, .clauses = {is("a"), is("b")}});
  sequence("a", 1, event::Outcome::failure);
  ASSERT_TRUE(sequence("b", 2, event::Outcome::success));
  EXPECT_EQ(sequence->status(), kGood);
}

TEST(WaitPlan, UnknownIsNeitherGoodNorBad) {
  event::Event event;
  EXPECT_EQ(status_of_task(event), kGood);
  event.task.emplace();
  event.task->state = event::State::unknown;
  EXPECT_EQ(status_of_task(event), kUnknown);
  event.task->state = event::State::running;
  EXPECT_EQ(status_of_task(event), kGood);
}

TEST(WaitPlan, RefusesWhatDoesNotGoTogether) {
  EXPECT_FALSE(WaitPlan::make({.clauses = {"type =="}}));
  EXPECT_FALSE(WaitPlan::make({.what = WaitFor::all_of, .clauses = {is("a")}, .count = 2}));
  EXPECT_FALSE(WaitPlan::make({.clauses = {is("a")}, .within = seconds(1)}));
  EXPECT_FALSE(WaitPlan::make({.what = WaitFor::first_of, .clauses = {is("a")}, .within = seconds(1)}));
  EXPECT_TRUE(WaitPlan::make({.clauses = {is("a")}, .count = 2, .within = seconds(1)}));
}

std::vector<std::string> sources(const WaitPlan& plan) {
  return plan.needs().sources.value_or(std::vector<std::string>{"any"});
}

TEST(WaitPlan, NeedsTheSourcesAndTasksOfWhatIsOutstanding) {
  EXPECT_THAT(sources(*Feed({.clauses = {"source == \"a\" && type == \"x\""}})), ElementsAre("a"));
  EXPECT_THAT(sources(*Feed({.clauses = {is("x")}})), ElementsAre("any"));
  EXPECT_THAT((*Feed({.clauses = {"task.id == \"t/1\""}})).needs().tasks, ElementsAre("t/1"));
  EXPECT_THAT(
      sources(*Feed({.what = WaitFor::all_of, .clauses = {is("x"), is("y")}, .filter = "source == \"a\""})),
      ElementsAre("a", "a"));
  Feed sequence({.what = WaitFor::sequence, .clauses = {is("x"), "source == \"b\""}});
  EXPECT_THAT(sources(*sequence), ElementsAre("b")) << "both must come";
  Feed either({.what = WaitFor::first_of, .clauses = {is("x"), "source == \"b\""}});
  EXPECT_THAT(sources(*either), ElementsAre("any")) << "the other may come from anywhere";
  sequence("x", 1);
  EXPECT_THAT(sources(*sequence), ElementsAre("b"));
}

}  // namespace
}  // namespace bus::cli
