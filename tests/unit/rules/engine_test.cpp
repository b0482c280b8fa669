#include "core/rules/engine.h"

#include <gmock/gmock.h>

#include "core/base/text.h"
#include "core/event/trace.h"
#include "tests/unit/rules/rules_world.h"

namespace bus::rules {
namespace {

using bus::testing::eventually;
using bus::testing::note;
using bus::testing::RulesWorld;
using bus::testing::TempFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kNotes = "on = \"type == 'note'\"\nrun = [\"/bin/true\", \"a word\"]\n";

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() { begin(); }

  void begin() {
    world_.reset();
    world_ = std::make_unique<RulesWorld>(folder_.path());
    world_->engine.start({});
  }
  RulesWorld& world() { return *world_; }
  bool started(std::size_t count) {
    return eventually([&] { return world().spawner.count() >= count; });
  }
  bool finished(const std::string& rule, std::size_t count) {
    return eventually([&] { return world().finished(rule) >= count; });
  }
  void add(const std::string& name, const std::string& toml) {
    const auto added = world().add(name, toml, world().hub.head());
    ASSERT_TRUE(added) << added.error().message;
  }

  TempFolder folder_;
  std::unique_ptr<RulesWorld> world_;
};

TEST_F(EngineTest, RunsItsProgramForAMatchAndTellsOfItAsATask) {
  add("r", kNotes);
  store::NewEvent cause = bus::testing::report("ci:1", event::State::running);
  cause.event.type = "note";
  cause.event.trace = event::new_traceparent("");
  const std::string trace = cause.event.trace;
  const auto seq = world().emit(std::move(cause));
  ASSERT_TRUE(started(1));
  const auto program = world().spawner.started()[0].program;
  EXPECT_EQ(program.path, "/bin/true");
  EXPECT_THAT(program.argv, ElementsAre("/bin/true", "a word"));
  EXPECT_EQ(world().variable(0, "BUS_EVENT_SEQ"), std::to_string(seq));
  EXPECT_EQ(world().variable(0, "BUS_RUN_ID"), "rule:r/run/" + std::to_string(seq));
  EXPECT_EQ(event::trace_id(world().variable(0, "TRACEPARENT")), event::trace_id(trace));
  const auto text = read_file(world().variable(0, "BUS_EVENT_FILE"), 10'000);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("ci:1"));
  auto rows = world().runs("r");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].task.state, event::State::running);
  EXPECT_EQ(rows[0].task.parent, "ci:1");
  world().spawner.finish(0, {.code = 3});
  ASSERT_TRUE(finished("r", 1));
  rows = world().runs("r");
  EXPECT_EQ(rows[0].task.result, event::Outcome::failure);
  EXPECT_EQ(rows[0].task.exit, 3);
  EXPECT_EQ(rows[0].task.detail, "exit 3");
  EXPECT_TRUE(eventually([&] { return !read_file(world().variable(0, "BUS_EVENT_FILE"), 10'000); }));
}

TEST_F(EngineTest, DoesNotRunForItsOwnRunsAndCutsALongerLoop) {
  add("own", "on = \"task.kind == 'action'\"\nrun = [\"/bin/true\"]\n");
  add("other", "on = \"type == 'note' || scope == 'own'\"\nrun = [\"/bin/true\"]\n");
  world().emit(note());
  // Each run of one is told to the other, until the chain is as long as it may be.
  std::size_t done = 0;
  ASSERT_TRUE(eventually([&] {
    while (done < world().spawner.count()) world().spawner.finish(done++);
    const auto list = world().ask([&](auto answer) { world().engine.list(answer); });
    const auto deep = world().metrics.text();
    return deep.find("decision=\"too_deep\"") != std::string::npos;
  }));
  EXPECT_EQ(world().verdict("own", world().runs("own").front().seq), "own_run");
}

TEST_F(EngineTest, WaitingRunsAreRunByTheNextHost) {
  add("r", kNotes);
  std::vector<std::uint64_t> seqs;
  for (int i = 0; i < 3; ++i) seqs.push_back(world().emit(note()));
  ASSERT_TRUE(started(1));
  world().stop();
  auto rows = world().runs("r");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[2].task.detail, "the host stopped (SIGTERM)");  // it moved last
  begin();
  ASSERT_TRUE(started(1));
  EXPECT_EQ(world().variable(0, "BUS_EVENT_SEQ"), std::to_string(seqs[1]));
  world().spawner.finish(0);
  ASSERT_TRUE(started(2));
  world().spawner.finish(1);
  ASSERT_TRUE(finished("r", 3));
}

TEST_F(EngineTest, AFileThatChangesWhileTheHostStopsOpensNothing) {
  add("r", kNotes);
  world().emit(note());
  ASSERT_TRUE(started(1));
  world().spawner.obey_term(false);  // the stop takes its time
  world().write_rule("r", std::string("# changed\n") + kNotes);
  world().stop();
  const auto rows = world().runs("r");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].task.detail, "the host stopped (SIGKILL)");
}

TEST_F(EngineTest, WhatHappensWhileTheHostIsDownFiresWhenItIsBack) {
  add("r", kNotes);
  world().engine.stop();
  const auto seq = world().emit(note());
  begin();
  ASSERT_TRUE(started(1));
  EXPECT_EQ(world().variable(0, "BUS_EVENT_SEQ"), std::to_string(seq));
}

TEST_F(EngineTest, AFullDiskHoldsARunBackAndLosesNothing) {
  add("r", kNotes);
  world().emit(note());
  ASSERT_TRUE(started(1));
  world().emit(note());
  world().settle();
  world().store.full = true;
  world().spawner.finish(0);
  ASSERT_TRUE(eventually([&] {
    const auto list = world().ask([&](auto done) { world().engine.list(done); });
    return list && list->find("\"waiting\",\"why\":\"store: the disk is full\"") != std::string::npos;
  }));
  EXPECT_EQ(world().spawner.count(), 1u);  // nothing is run that is not recorded
  world().store.full = false;
  ASSERT_TRUE(started(2));
  world().spawner.finish(1);
  EXPECT_TRUE(finished("r", 2));
}

TEST_F(EngineTest, TriesAgainAndTellsThatItGaveUp) {
  add("r", std::string(kNotes) + "retries = 2\nbackoff = \"1ms\"\n");
  world().emit(note());
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(started(i + 1));
    EXPECT_EQ(world().variable(i, "BUS_RUN_ATTEMPT"), std::to_string(i + 1));
    world().spawner.finish(i, {.code = 1});
  }
  ASSERT_TRUE(finished("r", 1));
  const auto rows = world().runs("r");
  EXPECT_EQ(rows[0].task.attempt, 3u);
  EXPECT_EQ(rows[0].task.detail, "exit 1, gave up after 3 attempts");
  EXPECT_THAT((*world().store.find(rows[0].seq))->json.text, HasSubstr("\"gave_up\":true"));
}

TEST_F(EngineTest, ADebouncedRunSeesAllItsEvents) {
  add("r", std::string(kNotes) + "debounce = \"100ms\"\n");
  for (int i = 0; i < 3; ++i) world().emit(note("key" + std::to_string(i)));
  ASSERT_TRUE(started(1));
  const auto all = read_file(world().variable(0, "BUS_EVENTS_FILE"), 10'000);
  ASSERT_TRUE(all);
  const auto lines = split(*all, '\n');
  // On a machine that is slow enough the events are more than the debounce apart.
  EXPECT_GE(lines.size(), 2u);
  EXPECT_THAT(std::string(lines[0]), HasSubstr("key0"));
}

TEST_F(EngineTest, ExplainsWhatBecameOfAnEvent) {
  const auto before = world().emit(note());
  add("r", std::string(kNotes) + "when_busy = \"drop\"\n");
  const auto first = world().emit(note());
  ASSERT_TRUE(started(1));
  const auto second = world().emit(note());
  store::NewEvent other = note();
  other.event.type = "other";
  const auto third = world().emit(std::move(other));
  world().settle();
  EXPECT_EQ(world().verdict("r", before), "before_the_rule");
  EXPECT_EQ(world().verdict("r", first), "fired");
  EXPECT_TRUE(eventually([&] { return world().verdict("r", second) == "dropped"; }));
  EXPECT_EQ(world().verdict("r", third), "no_match");
  ASSERT_TRUE(world().ask([&](auto done) { world().engine.enable("r", false, done); }));
  const auto fourth = world().emit(note());
  EXPECT_EQ(world().verdict("r", fourth), "disabled");
  ASSERT_TRUE(world().ask([&](auto done) { world().engine.enable("r", true, done); }));
  EXPECT_EQ(world().verdict("r", fourth), "not_then");  // what came while it was off is not made up for
  EXPECT_EQ(world().spawner.count(), 1u);
}

TEST_F(EngineTest, NoticesFilesThatAreWrittenByHand) {
  world().settle();
  world().write_rule("byhand", "# mine\n" + std::string(kNotes));
  const auto shown = [&] {
    return world().ask([&](auto done) { world().engine.show("byhand", done); }).value_or("");
  };
  ASSERT_TRUE(eventually([&] { return shown().find("\"active\"") != std::string::npos; }));
  world().write_rule("byhand", "on = 'type =='\nrun = [\"/bin/true\"]\n");
  ASSERT_TRUE(eventually([&] { return shown().find("\"outdated\"") != std::string::npos; }));
  EXPECT_THAT(world().engine.troubles(), ElementsAre(HasSubstr("byhand")));
  world().emit(note());
  EXPECT_TRUE(started(1)) << "the last good one stays";
  world().write_rule("byhand", "# mine\n" + std::string(kNotes));
  ASSERT_TRUE(eventually([&] { return shown().find("\"active\"") != std::string::npos; }));
  ASSERT_TRUE(world().ask([&](auto done) { world().engine.enable("byhand", false, done); }));
  const auto text = read_file(folder_.path() + "/rules.d/byhand.toml", 10'000);
  EXPECT_THAT(*text, HasSubstr("# mine"));
  EXPECT_THAT(*text, HasSubstr("enabled = false"));
}

TEST_F(EngineTest, GivesSecretsToTheProgramAndToNobodyElse) {
  add("r", std::string(kNotes) + "secret_env = [\"TOKEN=known\"]\n");
  add("s", std::string(kNotes) + "secret_env = [\"TOKEN=unknown\"]\n");
  world().emit(note());
  ASSERT_TRUE(started(1));
  EXPECT_EQ(world().variable(0, "TOKEN"), "hunter2");
  world().spawner.finish(0);
  ASSERT_TRUE(finished("r", 1));
  ASSERT_TRUE(finished("s", 1));
  EXPECT_EQ(world().runs("s")[0].task.result, event::Outcome::error);
  const auto event = (*world().store.find(1))->json.text;
  const auto told = world().ask([&](auto done) { world().engine.test("r", event, done); });
  EXPECT_THAT(*told, HasSubstr("TOKEN=(the secret 'known')"));
  EXPECT_THAT(*told, Not(HasSubstr("hunter2")));
}

TEST_F(EngineTest, StopsProgramsOfARuleThatIsRemovedAndCancelsWhatWaits) {
  add("r", kNotes);
  world().emit(note());
  world().emit(note());
  ASSERT_TRUE(started(1));
  ASSERT_TRUE(world().ask([&](auto done) { world().engine.remove("r", done); }));
  ASSERT_TRUE(finished("r", 2));
  for (const auto& row : world().runs("r")) EXPECT_EQ(row.task.result, event::Outcome::cancellation);
  EXPECT_FALSE(world().ask([&](auto done) { world().engine.show("r", done); }));
}

TEST_F(EngineTest, RunsAsOftenAsItMayAndNoMore) {
  add("r", std::string(kNotes) + "times = 2\n");
  for (int i = 0; i < 5; ++i) world().emit(note());
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(started(i + 1));
    world().spawner.finish(i);
  }
  ASSERT_TRUE(finished("r", 2));
  begin();
  world().emit(note());
  world().settle();
  EXPECT_EQ(world().spawner.count(), 0u);
  EXPECT_THAT(*world().ask([&](auto done) { world().engine.show("r", done); }), HasSubstr("\"done\""));
}

TEST_F(EngineTest, ATriggerRunsWhateverThePredicateSays) {
  add("r", "on = \"type == 'never'\"\nrun = [\"/bin/true\"]\n");
  const auto seq = world().emit(note());
  const auto told = world().ask([&](auto done) { world().engine.trigger("r", seq, done); });
  ASSERT_TRUE(told) << told.error().message;
  ASSERT_TRUE(started(1));
  EXPECT_EQ(world().variable(0, "BUS_EVENT_SEQ"), std::to_string(seq));
  world().spawner.finish(0);
  ASSERT_TRUE(finished("r", 1));
  EXPECT_EQ(world().verdict("r", seq), "by_hand");
}

TEST_F(EngineTest, AProgramThatCannotBeStartedIsAnErrorWithItsShellStatus) {
  add("r", kNotes);
  world().spawner.fail_next(error(Code::not_found, "/bin/true: no such file"));
  world().emit(note());
  ASSERT_TRUE(finished("r", 1));
  const auto rows = world().runs("r");
  EXPECT_EQ(rows[0].task.result, event::Outcome::error);
  EXPECT_EQ(rows[0].task.exit, 127);
}

// The host is killed at every call by which it writes, before the call and right after it.
class KilledTest : public ::testing::TestWithParam<bool> {};

TEST_P(KilledTest, EachEventRunsOnceOrIsLost) {
  constexpr std::uint64_t kEvents = 3;
  bool survived = false;
  for (int call = 1; !survived && call < 100; ++call) {
    const TempFolder folder;
    std::map<std::string, int> starts;
    {
      RulesWorld first(folder.path());
      first.write_rule("r", kNotes);
      ASSERT_TRUE(first.store.rule_book().begin_rule("r", 0));
      for (std::uint64_t i = 0; i < kEvents; ++i) first.emit(note());
      first.store.die_at(call, GetParam());
      first.engine.start({});
      std::size_t ended = 0;
      ASSERT_TRUE(eventually([&] {
        // A process that is dead sees no end of its programs.
        while (!first.store.dead() && ended < first.spawner.count()) first.spawner.finish(ended++);
        return first.store.dead() || first.finished("r") == kEvents;
      }));
      survived = !first.store.dead();
      first.settle();
      for (std::size_t i = 0; i < first.spawner.count(); ++i) ++starts[first.variable(i, "BUS_EVENT_SEQ")];
    }
    RulesWorld second(folder.path());
    second.engine.start({});
    std::size_t ended = 0;
    ASSERT_TRUE(eventually([&] {
      while (ended < second.spawner.count()) second.spawner.finish(ended++);
      return second.finished("r") == kEvents;
    })) << "killed at call "
        << call;
    for (std::size_t i = 0; i < second.spawner.count(); ++i) ++starts[second.variable(i, "BUS_EVENT_SEQ")];
    for (const auto& row : second.runs("r")) {
      const std::string seq = row.task.id.substr(row.task.id.rfind('/') + 1);
      EXPECT_LE(starts[seq], 1) << row.task.id << ", killed at call " << call;
      if (row.task.result == event::Outcome::success) {
        EXPECT_EQ(starts[seq], 1) << "killed at call " << call;
      } else {
        EXPECT_EQ(row.task.detail, "lost") << "killed at call " << call;
      }
    }
    EXPECT_EQ(second.runs("r").size(), kEvents);
  }
  EXPECT_TRUE(survived);
}

INSTANTIATE_TEST_SUITE_P(BeforeAndAfter, KilledTest, ::testing::Bool());

}  // namespace
}  // namespace bus::rules
