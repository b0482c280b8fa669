#include "core/rules/foreground.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "core/store/sqlite_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_spawner.h"
#include "tests/support/temp_folder.h"

namespace bus::rules {
namespace {

using event::Outcome;
using event::State;

constexpr const char* kTask = "on:sh-1/run/7";

// A host from its start to its end, over the store in `folder`.
struct Life {
  Life(const std::string& folder, Clock& clock)
      : store(std::move(*store::open_sqlite(folder, clock))),
        hub(*store, metrics),
        ingest(*store, hub, metrics),
        runner("rules", clock),
        at{.store = *store,
           .hub = hub,
           .ingest = ingest,
           .metrics = metrics,
           .clock = clock,
           .spawner = spawner,
           .warn = [](const std::string&) {},
           .rules_folder = folder,
           .event_folder = folder,
           .log_folder = folder},
        foreground(at, runner, lineage) {
    foreground.open();
  }
  ~Life() { ingest.stop(); }

  Result<std::string> report(Foreground::Client client, State state, std::optional<RunEnd> end = {}) {
    ForegroundReport report{.state = state,
                            .facts = {.rule = "sh", .run = 7, .trigger = 7, .session = "sh-1"}};
    if (end) report.end = std::move(*end);
    Result<std::string> told = error(Code::fault, "not answered");
    foreground.report(client, std::move(report),
                      [&told](Result<std::string> answer) { told = std::move(answer); });
    return told;
  }
  event::Task task() {
    store::TaskQuery query;
    query.id = kTask;
    const auto rows = store->tasks(query);
    return rows && !rows->empty() ? rows->front().task : event::Task{};
  }

  std::unique_ptr<store::Store> store;
  metrics::Registry metrics;
  fanout::Hub hub;
  ingest::Ingest ingest;
  testing::FakeSpawner spawner;
  loop::Runner runner;
  Surroundings at;
  Lineage lineage;
  Foreground foreground;
};

class ForegroundTest : public ::testing::Test {
 protected:
  testing::TempFolder folder_;
  testing::FakeClock clock_;
};

TEST_F(ForegroundTest, ARunIsATask) {
  Life host(folder_.path(), clock_);
  EXPECT_EQ(*host.report(1, State::pending), R"({"task":"on:sh-1/run/7"})");
  EXPECT_EQ(host.task().state, State::pending);
  ASSERT_TRUE(host.report(1, State::running));
  EXPECT_EQ(host.task().state, State::running);
  ASSERT_TRUE(
      host.report(1, State::finished, RunEnd{.result = Outcome::failure, .detail = "exit 3", .exit = 3}));
  EXPECT_EQ(host.task().result, Outcome::failure);
  EXPECT_EQ(host.task().exit, 3);
  EXPECT_EQ(host.task().kind, "action");
}

TEST_F(ForegroundTest, TheSameReportTwiceIsOne) {
  Life host(folder_.path(), clock_);
  ASSERT_TRUE(host.report(1, State::running));
  const std::uint64_t head = host.hub.head();
  ASSERT_TRUE(host.report(1, State::running));
  EXPECT_EQ(host.hub.head(), head);
}

TEST_F(ForegroundTest, ARunWhoseTellerGoesAwayIsLostAfterAMoment) {
  Life host(folder_.path(), clock_);
  ASSERT_TRUE(host.report(1, State::running));
  host.foreground.client_gone(1);
  host.runner.step();
  EXPECT_EQ(host.task().state, State::running);
  clock_.advance(Foreground::kClientGone);
  host.runner.step();
  EXPECT_EQ(host.task().result, Outcome::error);
  EXPECT_EQ(host.task().detail, "lost");
}

TEST_F(ForegroundTest, ATellerThatComesBackInTimeGoesOn) {
  Life host(folder_.path(), clock_);
  ASSERT_TRUE(host.report(1, State::running));
  host.foreground.client_gone(1);
  ASSERT_TRUE(host.report(2, State::running));
  clock_.advance(Foreground::kClientGone);
  host.runner.step();
  EXPECT_EQ(host.task().state, State::running);
  ASSERT_TRUE(host.report(2, State::finished, RunEnd{.result = Outcome::success}));
  host.foreground.client_gone(2);
  clock_.advance(Foreground::kClientGone);
  host.runner.step();
  EXPECT_EQ(host.task().result, Outcome::success);
}

TEST_F(ForegroundTest, ATellerMayComeBackBeforeItIsKnownToHaveGone) {
  Life host(folder_.path(), clock_);
  ASSERT_TRUE(host.report(1, State::running));
  ASSERT_TRUE(host.report(2, State::running));
  host.foreground.client_gone(1);
  clock_.advance(Foreground::kClientGone);
  host.runner.step();
  EXPECT_EQ(host.task().state, State::running);
  ASSERT_TRUE(host.report(3, State::finished, RunEnd{.result = Outcome::success}));
  host.foreground.client_gone(2);
  clock_.advance(Foreground::kClientGone);
  const std::uint64_t head = host.hub.head();
  host.runner.step();
  EXPECT_EQ(host.hub.head(), head);
}

TEST_F(ForegroundTest, ARunOfAnEarlierHostIsLostIfNobodySpeaksOfItAnyMore) {
  ASSERT_TRUE(Life(folder_.path(), clock_).report(1, State::running));
  Life next(folder_.path(), clock_);
  next.runner.step();
  EXPECT_EQ(next.task().state, State::running);
  clock_.advance(Foreground::kHostGone);
  next.runner.step();
  EXPECT_EQ(next.task().detail, "lost");
}

TEST_F(ForegroundTest, ARunOutlivesTheHost) {
  ASSERT_TRUE(Life(folder_.path(), clock_).report(1, State::running));
  Life next(folder_.path(), clock_);
  ASSERT_TRUE(next.report(1, State::running));
  clock_.advance(Foreground::kHostGone);
  next.runner.step();
  EXPECT_EQ(next.task().state, State::running);
}

TEST_F(ForegroundTest, OneClientHasBoundedOpenRuns) {
  Life host(folder_.path(), clock_);
  Result<std::string> last = error(Code::fault, "not answered");
  for (RunId run = 1; run <= Foreground::kMostOpen + 1; ++run) {
    ForegroundReport report{.facts = {.rule = "sh", .run = run, .trigger = run, .session = "sh-1"}};
    host.foreground.report(1, std::move(report),
                           [&last](Result<std::string> answer) { last = std::move(answer); });
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, Code::limit);
}

}  // namespace
}  // namespace bus::rules
