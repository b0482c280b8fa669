#include "core/plugin/sink_instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/unit/plugin/world.h"

namespace bus::plugin {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// The test is the sink's thread: step() lets it do what it has to do.
class SinkTest : public ::testing::Test {
 protected:
  ~SinkTest() override { stop(); }

  void run(const std::string& trouble = "none", std::int64_t resume = 0, const std::string& filter = {}) {
    const auto plugin = testing::load_test_plugin("cpp_sink");
    ASSERT_NE(plugin, nullptr);
    if (!filter.empty()) settings_.filter = *predicate::compile(filter);
    sink_ = std::make_shared<SinkInstance>(
        world_.services(), plugin, "out",
        testing::options_of(*plugin,
                            {{"path", world_.folder / "out"}, {"trouble", trouble}, {"resume", resume}}),
        settings_);
    sink_->create(false);
    sink_->start();
    step();
  }
  void step() {
    for (int i = 0; i < 8; ++i) sink_->runner().step();
  }
  void stop() {
    if (sink_ == nullptr) return;
    sink_->begin_stop();
    step();
    sink_ = nullptr;
  }
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    const auto text = read_file(world_.folder / "out", 1 << 20);
    if (!text) return all;
    for (std::string_view line : split(*text, '\n')) {
      if (!line.empty()) all.emplace_back(line);
    }
    return all;
  }
  std::uint64_t cursor() {
    const auto found = world_.store->cursor("sink:out");
    return found ? found->seq : ~0ull;
  }

  std::vector<store::DeadLetter> dead() { return *world_.store->dead_letters({}); }
  // Offers dead letters again; what the outcomes were, in words.
  std::vector<std::string> redeliver(std::vector<std::uint64_t> ids) {
    std::vector<std::string> words;
    sink_->redeliver(std::move(ids), [&words](const std::vector<Redelivered>& outcomes) {
      for (const Redelivered& one : outcomes)
        words.push_back(std::to_string(one.id) + " " + (one.outcome ? "ok" : one.outcome.error().message));
    });
    step();
    return words;
  }

  std::string resume() {
    std::string said;
    sink_->resume([&said](const Status& status) { said = status ? "ok" : status.error().message; });
    step();
    return said;
  }

  testing::World world_;
  SinkSettings settings_;
  std::shared_ptr<SinkInstance> sink_;
};

TEST_F(SinkTest, GetsWhatIsThereAndWhatComes) {
  world_.emit({"a", "b"});
  run();
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "2 b"));
  EXPECT_EQ(cursor(), 2u);
  world_.emit({"c"});
  step();
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "2 b", "3 c"));
  EXPECT_EQ(sink_->status().figures.delivered, 3u);
  EXPECT_EQ(sink_->status().state.state, State::ok);
}

TEST_F(SinkTest, GoesOnAtItsCursor) {
  world_.emit({"a", "b"});
  run();
  stop();
  world_.emit({"c"});
  run();
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "2 b", "stop", "start 2", "3 c"));
}

TEST_F(SinkTest, TheSinksOwnPlaceWinsInBothDirections) {
  world_.emit({"a", "b", "c"});
  run("none", 2);  // it has more than the cursor says: nothing is doubled
  EXPECT_THAT(lines(), ElementsAre("start 2", "3 c"));
  stop();
  run("none", 1);  // it has lost what the cursor says: nothing is lost
  EXPECT_THAT(lines(), ElementsAre("start 2", "3 c", "stop", "start 1", "2 b", "3 c"));
  EXPECT_EQ(cursor(), 3u);
}

TEST_F(SinkTest, AClaimBeyondTheLogIsNotBelieved) {
  world_.emit({"a"});
  run("none", 500);
  EXPECT_THAT(lines(), ElementsAre("start 500", "1 a"));
}

TEST_F(SinkTest, RetriesTheRestAfterAPause) {
  world_.emit({"a", "b", "c"});
  run("once");
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a"));
  EXPECT_EQ(sink_->status().state.state, State::retrying);
  EXPECT_EQ(sink_->status().state.reason, "full");
  world_.emit({"d"});  // new events do not cut the pause short
  step();
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a"));
  world_.clock.advance(1s);
  step();
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "2 b", "3 c", "4 d"));
  EXPECT_EQ(sink_->status().state.state, State::ok);
  EXPECT_EQ(sink_->status().figures.retries, 1u);
}

TEST_F(SinkTest, AnEventThatIsNeverTakenGoesToTheDeadLetters) {
  world_.emit({"a", "bad", "c"});
  run("invalid");
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "3 c"));
  ASSERT_EQ(dead().size(), 1u);
  EXPECT_EQ(dead()[0].seq, 2u);
  EXPECT_EQ(dead()[0].code, Code::invalid);
  EXPECT_EQ(dead()[0].reason, "never");
  EXPECT_EQ(dead()[0].attempts, 1u);
  EXPECT_EQ(sink_->status().figures.rejected, 1u);
  EXPECT_EQ(sink_->status().figures.dead_letters, 1u);
  EXPECT_EQ(sink_->status().figures.attempts, 2u);
  EXPECT_EQ(sink_->status().figures.failures, 1u);
  EXPECT_EQ(sink_->status().trouble.what, "never");
  EXPECT_EQ(sink_->status().trouble.next, Time{});
  EXPECT_EQ(cursor(), 3u);
}

TEST_F(SinkTest, IsTriedAgainForEverUnlessItIsBounded) {
  world_.emit({"a", "stuck", "c"});
  run("stuck");
  for (int i = 0; i < 20; ++i) {
    world_.clock.advance(60s);
    step();
  }
  EXPECT_TRUE(dead().empty());
  EXPECT_EQ(sink_->acknowledged(), 1u);
  EXPECT_GT(sink_->status().trouble.next, world_.clock.now());
}

TEST_F(SinkTest, GivesUpAfterSoManyAttempts) {
  settings_.retry.attempts = 3;
  world_.emit({"a", "stuck", "c"});
  run("stuck");
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(dead().empty());
    world_.clock.advance(60s);
    step();
  }
  ASSERT_EQ(dead().size(), 1u);
  EXPECT_EQ(dead()[0].attempts, 3u);
  EXPECT_EQ(dead()[0].code, Code::unavailable);
  EXPECT_EQ(dead()[0].last - dead()[0].first, 120s);
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "3 c"));
}

TEST_F(SinkTest, WhatWasGivenUpHoldsNothingUp) {
  settings_.retry.attempts = 2;
  world_.emit({"stuck"});
  run("stuck");
  EXPECT_EQ(sink_->status().state.state, State::retrying);
  world_.clock.advance(60s);
  step();
  EXPECT_EQ(sink_->status().state.state, State::ok);
  EXPECT_EQ(sink_->status().trouble.what, "not yet");
  EXPECT_EQ(sink_->status().trouble.next, Time{});
}

TEST_F(SinkTest, GivesUpAfterATime) {
  settings_.retry.age = 90s;
  world_.emit({"stuck", "b"});
  run("stuck");
  world_.clock.advance(60s);
  step();
  EXPECT_TRUE(dead().empty());
  world_.clock.advance(60s);
  step();
  ASSERT_EQ(dead().size(), 1u);
  EXPECT_THAT(lines(), ElementsAre("start 0", "2 b"));
}

TEST_F(SinkTest, ADeadLetterIsDeliveredAgainWhenSomebodyAsks) {
  world_.emit({"a", "bad", "c"});
  run("invalid");
  EXPECT_THAT(redeliver({1}), ElementsAre("1 never"));
  EXPECT_EQ(dead()[0].attempts, 2u);
  stop();
  run("none");
  EXPECT_THAT(redeliver({1, 9}), ElementsAre("1 ok", "9 there is no dead letter 9"));
  EXPECT_TRUE(dead().empty());
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "3 c", "stop", "start 3", "2 bad out of turn"));
  EXPECT_EQ(cursor(), 3u);
}

TEST_F(SinkTest, WhatItWroteOutOfTurnIsNotItsPlace) {
  world_.emit({"a", "bad", "c"});
  run("invalid");
  stop();
  run("none");
  redeliver({1});
  stop();
  run("none", 2);  // it looks at what it wrote last
  EXPECT_THAT(lines().back(), "start 2");
  EXPECT_EQ(sink_->acknowledged(), 3u);
  world_.emit({"d"});
  step();
  EXPECT_EQ(lines().back(), "4 d");
  stop();
  run("none", 2);  // now it is: it has lost what came later
  EXPECT_EQ(sink_->acknowledged(), 4u);
  EXPECT_THAT(lines().back(), "4 d");
  EXPECT_THAT(lines(), ::testing::Contains("3 c").Times(2));
}

TEST_F(SinkTest, ADeadLetterWaitsForASinkThatIsNotStarted) {
  world_.emit({"bad"});
  run("invalid");
  stop();
  run("start");
  EXPECT_THAT(redeliver({1}), ElementsAre("1 sink 'out' is not started"));
  EXPECT_EQ(dead()[0].attempts, 1u);
}

TEST_F(SinkTest, ANewSinkMayBeginWithWhatComes) {
  settings_.from_now = true;
  world_.emit({"a", "b"});
  run();
  world_.emit({"c"});
  step();
  EXPECT_THAT(lines(), ElementsAre("start 2", "3 c"));
  stop();
  world_.emit({"d"});
  run();  // it is not new any more
  EXPECT_EQ(lines().back(), "4 d");
}

TEST_F(SinkTest, BatchesAreAsLargeAsTheyMayBe) {
  settings_.batch = 2;
  world_.emit({"a", "b", "c", "d", "e"});
  run();
  EXPECT_EQ(lines().size(), 6u);
  EXPECT_EQ(sink_->status().figures.attempts, 3u);
}

TEST_F(SinkTest, AThrowIsAFaultAndRetried) {
  world_.emit({"a"});
  run("throw");
  EXPECT_EQ(sink_->status().state.reason, "thrown in deliver");
  world_.clock.advance(1s);
  step();
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a"));
}

TEST_F(SinkTest, AStartIsTriedAgain) {
  world_.emit({"a"});
  run("start");
  EXPECT_EQ(sink_->status().state.state, State::retrying);
  world_.clock.advance(1s);
  step();
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a"));
  EXPECT_EQ(sink_->status().state.state, State::ok);
}

TEST_F(SinkTest, ADeniedStartWaitsForAPersonAndTriesAgain) {
  run("denied");
  EXPECT_EQ(sink_->status().state.state, State::waiting);
  world_.clock.advance(1s);
  step();
  EXPECT_EQ(sink_->status().state.state, State::ok);
}

TEST_F(SinkTest, AnAnswerMayComeLater) {
  world_.emit({"a", "b"});
  run("later");
  EXPECT_THAT(lines(), ElementsAre("start 0"));
  world_.emit({"c"});  // waits for the batch that is on its way
  step();
  EXPECT_EQ(sink_->acknowledged(), 0u);
  world_.clock.advance(1s);
  step();
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "2 b"));
  EXPECT_EQ(sink_->acknowledged(), 2u);
  world_.clock.advance(1s);
  step();
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "2 b", "3 c"));
  EXPECT_EQ(sink_->acknowledged(), 3u);
  EXPECT_EQ(sink_->status().figures.delivered, 3u);
  EXPECT_EQ(sink_->status().figures.errors, 0u);
  EXPECT_EQ(sink_->status().state.state, State::ok);
}

TEST_F(SinkTest, ALaterAnswerIsRetriedBehindItsProgress) {
  world_.emit({"a", "b", "c"});
  run("later_once");
  world_.clock.advance(1s);
  step();
  EXPECT_EQ(sink_->status().state.state, State::retrying);
  EXPECT_EQ(sink_->status().state.reason, "full");
  EXPECT_EQ(sink_->acknowledged(), 1u);
  for (int i = 0; i < 2; ++i) {
    world_.clock.advance(1s);
    step();
  }
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "2 b", "3 c"));
  EXPECT_EQ(sink_->status().figures.delivered, 3u);
}

TEST_F(SinkTest, ALaterRefusalGoesToTheDeadLettersAndComesAgain) {
  world_.emit({"a", "bad", "c"});
  run("later_invalid");
  for (int i = 0; i < 2; ++i) {
    world_.clock.advance(1s);
    step();
  }
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "3 c"));
  ASSERT_EQ(dead().size(), 1u);
  EXPECT_EQ(dead()[0].seq, 2u);
  EXPECT_EQ(cursor(), 3u);
  std::vector<Redelivered> outcomes;
  world_.emit({"d"});
  step();  // a batch is on its way: the letter waits for its answer
  sink_->redeliver({dead()[0].id, 77}, [&](std::vector<Redelivered> all) { outcomes = std::move(all); });
  step();
  EXPECT_TRUE(outcomes.empty());
  for (int i = 0; i < 2; ++i) {
    world_.clock.advance(1s);
    step();
  }
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_TRUE(outcomes[0].outcome.ok());
  EXPECT_EQ(outcomes[1].outcome.error().code, Code::not_found);
  EXPECT_THAT(lines(), ElementsAre("start 0", "1 a", "3 c", "4 d", "2 bad"));
  EXPECT_TRUE(dead().empty());
  EXPECT_EQ(sink_->acknowledged(), 4u);
  world_.emit({"e"});
  step();
  world_.clock.advance(1s);
  step();
  EXPECT_EQ(lines().back(), "5 e");
}

TEST_F(SinkTest, ALetterForWhichTheAnswerComesLaterIsKeptAtStop) {
  world_.emit({"a", "bad", "c"});
  run("later_invalid");
  for (int i = 0; i < 2; ++i) {
    world_.clock.advance(1s);
    step();
  }
  std::vector<Redelivered> outcomes;
  sink_->redeliver({dead()[0].id}, [&](std::vector<Redelivered> all) { outcomes = std::move(all); });
  step();
  EXPECT_TRUE(outcomes.empty());
  stop();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].outcome.error().code, Code::stopping);
  EXPECT_EQ(dead().size(), 1u);
}

TEST_F(SinkTest, WhatIsNotAnsweredAtStopComesAgain) {
  world_.emit({"a", "b"});
  run("silent");
  world_.clock.advance(1000s);
  step();
  stop();
  EXPECT_EQ(cursor(), 0u);
  run();
  EXPECT_THAT(lines(), ElementsAre("start 0", "stop", "start 0", "1 a", "2 b"));
}

TEST_F(SinkTest, OneThatHasGivenUpTriesAgainWhenSomebodyAsks) {
  world_.emit({"a", "b"});
  run("gone");
  EXPECT_EQ(sink_->status().state.state, State::failed);
  EXPECT_EQ(resume(), "ok");
  step();
  EXPECT_THAT(lines(), ElementsAre("start 0", "resumed", "1 a", "2 b"));
  EXPECT_EQ(sink_->status().state.state, State::ok);
  EXPECT_EQ(sink_->acknowledged(), 2u);
  EXPECT_EQ(resume(), "sink 'out' waits for nothing");
  world_.emit({"c"});
  step();
  EXPECT_EQ(lines().back(), "3 c") << "it is told once";
}

TEST_F(SinkTest, APauseIsCutShortWhenSomebodyAsks) {
  world_.emit({"a", "stuck"});
  run("stuck");
  ASSERT_EQ(sink_->status().state.state, State::retrying);
  world_.clock.advance(100ms);
  EXPECT_EQ(resume(), "ok");
  EXPECT_EQ(sink_->status().figures.attempts, 2u);
  const Time next = sink_->status().trouble.next;
  world_.clock.advance(next - world_.clock.now() - 1ms);  // the first pause would be over
  step();
  EXPECT_EQ(sink_->status().figures.attempts, 2u);
  world_.clock.advance(1ms);
  step();
  EXPECT_EQ(sink_->status().figures.attempts, 3u);
}

TEST_F(SinkTest, WhatIsNotStartedCannotTryAgain) {
  run("start");
  EXPECT_EQ(resume(), "sink 'out' is not started: nobody there yet");
}

TEST_F(SinkTest, WhatHasGivenUpTakesNoDeadLetters) {
  world_.emit({"bad"});
  run("invalid");
  stop();
  world_.emit({"a"});
  run("gone");
  EXPECT_THAT(redeliver({1}), ElementsAre("1 sink 'out' has given up"));
  resume();
  step();
  EXPECT_THAT(redeliver({1}), ElementsAre("1 ok"));
}

TEST_F(SinkTest, TheFilterAppliesAndTheCursorMovesOverTheRest) {
  world_.emit({"a", "b", "c"});
  run("none", 0, "key == 'b'");
  EXPECT_THAT(lines(), ElementsAre("start 0", "2 b"));
  EXPECT_EQ(sink_->acknowledged(), 3u);
}

TEST_F(SinkTest, ManyEventsComeInBatchesAndInOrder) {
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back(std::to_string(i));
  world_.emit(keys);
  run();
  const auto all = lines();
  ASSERT_EQ(all.size(), 1001u);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(all[static_cast<std::size_t>(i) + 1], std::to_string(i + 1) + " " + std::to_string(i));
  }
}

TEST_F(SinkTest, TheCursorIsSavedAtMostFourTimesASecond) {
  world_.emit({"a"});
  run();
  EXPECT_EQ(cursor(), 1u);
  world_.emit({"b"});
  step();
  EXPECT_EQ(cursor(), 1u);
  world_.clock.advance(250ms);
  step();
  EXPECT_EQ(cursor(), 2u);
  world_.emit({"c"});
  step();
  stop();
  EXPECT_EQ(cursor(), 3u);
}

}  // namespace
}  // namespace bus::plugin
