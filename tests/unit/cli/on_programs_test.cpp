#include "core/cli/on_programs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <functional>

#include "core/base/file.h"
#include "core/base/unique_fd.h"
#include "core/cli/verbs.h"
#include "core/json/writer.h"
#include "tests/support/temp_folder.h"

namespace bus::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string event(std::uint64_t seq, std::string_view scope = "s") {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("seq", seq).member("id", "01JD3ZK8QZ0V6N1J6Y2T4B7A9C").member("source", "cli");
  out.member("type", "a").member("scope", scope).member("time", "2026-11-20T08:00:00Z");
  out.member("received", "2026-11-20T08:00:00Z").end_object();
  return text;
}

class OnProgramsTest : public ::testing::Test {
 protected:
  OnProgramsTest() {
    plan_.policy.times = 1;
    plan_.command.path = "/bin/sh";
    plan_.command.env = {"PATH=/usr/bin:/bin"};
    plan_.command.event_folder = folder_ / "events";
  }

  void loop() {
    plan_.ending.loop = true;
    plan_.policy.times.reset();
  }

  // Runs the script for the events (in $0 it finds the folder) and whatever `meanwhile` does, until it is
  // over.
  Result<int> run(const std::string& script, const std::vector<std::string>& events,
                  const std::function<void(OnPrograms&)>& meanwhile = {}) {
    plan_.command.argv = {"sh", "-c", script, folder_.path()};
    plan_.command.gathers = plan_.policy.gathers();
    const UniqueFd fd(::open((folder_ / "out").c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
    Output out(fd.get());
    Session session(*find_verb("on"), {}, out);
    loop::Runner runner("on", system_clock());
    OnPrograms programs(session, runner, process::system_spawner(), plan_);
    for (const std::string& text : events) {
      if (programs.takes_more()) {
        const Status taken = take(programs, text);
        if (!taken) return taken.error();
      }
    }
    if (meanwhile) runner.arm(system_clock().monotonic(), 5ms, "test", [&](auto) { meanwhile(programs); });
    while (!programs.over()) {
      runner.step();
      programs.look();
      programs.look_at_time();
      if (!programs.over()) runner.wait(programs.deadline());
    }
    done_ = programs.done();
    return programs.outcome();
  }

  static Status take(OnPrograms& programs, const std::string& text) {
    json::Document document;
    const auto node = document.parse(text);
    client::Item item;
    item.seq = static_cast<std::uint64_t>((*node)["seq"].integer().value_or(0));
    item.node = *node;
    item.text = text;
    return programs.take(item);
  }

  std::string written(const std::string& name) {
    return read_file(folder_ / name, 1 << 20).value_or("nothing");
  }
  bool there(const std::string& name) { return std::filesystem::exists(folder_ / name); }
  bool no_event_files() { return std::filesystem::is_empty(folder_ / "events"); }

  testing::TempFolder folder_;
  OnPlan plan_;
  std::uint64_t done_ = 0;
};

TEST_F(OnProgramsTest, HasTheEventInAFileThatIsGoneAfterwards) {
  EXPECT_EQ(
      *run("cat \"$BUS_EVENT_FILE\" > $0/event; echo \"$BUS_EVENT_SEQ $BUS_RUN_ATTEMPT\" > $0/env; exit 5",
           {event(7)}),
      5);
  EXPECT_EQ(written("event"), event(7));
  EXPECT_EQ(written("env"), "7 1\n");
  EXPECT_TRUE(no_event_files());
  EXPECT_EQ(done_, 7u);
}

TEST_F(OnProgramsTest, ReadsTheEventOnlyWhenAsked) {
  EXPECT_EQ(*run("cat > $0/none", {event(1)}), 0);
  EXPECT_EQ(written("none"), "");
  plan_.command.in = rules::Stdin::event;
  EXPECT_EQ(*run("cat > $0/event", {event(1)}), 0);
  EXPECT_EQ(written("event"), event(1));
}

TEST_F(OnProgramsTest, ASignalEndsItAsAShellSays) {
  EXPECT_EQ(*run("kill -KILL $$", {event(1)}), 137);
}

TEST_F(OnProgramsTest, WhatCannotBeStarted) {
  plan_.command.path = "/no/such/program";
  EXPECT_EQ(*run("", {event(1)}), 127);
  plan_.command.path = folder_.path();
  EXPECT_EQ(*run("", {event(1)}), 126);
  EXPECT_TRUE(no_event_files());
}

TEST_F(OnProgramsTest, OurSignalsArePassedOn) {
  bool told = false;
  const auto status =
      run("trap 'echo caught > $0/trap; exit 9' INT; touch $0/ready; while :; do sleep 0.01; done",
          {event(1)}, [&](OnPrograms& programs) {
            if (there("ready") && !std::exchange(told, true)) programs.interrupted(SIGINT);
          });
  EXPECT_EQ(*status, 9);
  EXPECT_EQ(written("trap"), "caught\n");
}

TEST_F(OnProgramsTest, ASecondSignalKills) {
  int told = 0;
  const auto status = run("trap 'touch $0/asked' TERM; touch $0/ready; while :; do sleep 0.01; done",
                          {event(1)}, [&](OnPrograms& programs) {
                            if (told == 0 && there("ready")) ++told, programs.interrupted(SIGTERM);
                            if (told == 1 && there("asked")) ++told, programs.interrupted(SIGTERM);
                          });
  EXPECT_EQ(*status, 137);
}

TEST_F(OnProgramsTest, ALoopThatIsInterruptedStartsNothingMore) {
  loop();
  bool told = false;
  const auto status = run("echo $BUS_EVENT_SEQ >> $0/runs; sleep 1000", {event(1), event(2), event(3)},
                          [&](OnPrograms& programs) {
                            if (there("runs") && !std::exchange(told, true)) {
                              programs.interrupted(SIGTERM);
                              EXPECT_FALSE(programs.takes_more());
                            }
                          });
  EXPECT_EQ(*status, 143);
  EXPECT_EQ(written("runs"), "1\n");
  EXPECT_EQ(done_, 1u) << "those that never ran come again";
}

TEST_F(OnProgramsTest, AGatheredRunSeesAllItsEvents) {
  plan_.policy.debounce = 20ms;
  EXPECT_EQ(*run("cat \"$BUS_EVENTS_FILE\" > $0/all; cat \"$BUS_EVENT_FILE\" > $0/last",
                 {event(1), event(2), event(3)}),
            0);
  EXPECT_EQ(written("all"), event(1) + "\n" + event(2) + "\n" + event(3) + "\n");
  EXPECT_EQ(written("last"), event(3));
  EXPECT_EQ(done_, 3u);
  EXPECT_TRUE(no_event_files());
}

TEST_F(OnProgramsTest, TriesAgainWithTheSameEvents) {
  plan_.policy.debounce = 1ms;
  plan_.policy.retries = 2;
  plan_.policy.backoff = 1ms;
  EXPECT_EQ(*run("cat \"$BUS_EVENTS_FILE\" >> $0/all; echo $BUS_RUN_ATTEMPT >> $0/attempts; test "
                 "$BUS_RUN_ATTEMPT = 3",
                 {event(1)}),
            0);
  EXPECT_EQ(written("attempts"), "1\n2\n3\n");
  EXPECT_EQ(written("all"), event(1) + "\n" + event(1) + "\n" + event(1) + "\n");
}

TEST_F(OnProgramsTest, GivesUpWithTheLastStatus) {
  plan_.policy.retries = 1;
  plan_.policy.backoff = 1ms;
  EXPECT_EQ(*run("exit $BUS_RUN_ATTEMPT", {event(1)}), 2);
}

TEST_F(OnProgramsTest, AProgramThatRunsTooLongIsStopped) {
  plan_.policy.run_timeout = 50ms;
  EXPECT_EQ(*run("sleep 1000", {event(1)}), 124);
}

TEST_F(OnProgramsTest, RestartStopsWhatRuns) {
  loop();
  plan_.policy.when_busy = rules::WhenBusy::restart;
  plan_.policy.times = 2;
  bool more = false;
  const auto status =
      run("echo $BUS_EVENT_SEQ >> $0/runs; test $BUS_EVENT_SEQ = 1 && exec sleep 1000; exit 4", {event(1)},
          [&](OnPrograms& programs) {
            if (written("runs") == "1\n" && !std::exchange(more, true)) {
              EXPECT_TRUE(take(programs, event(2)));
            }
          });
  EXPECT_EQ(*status, 4);
  EXPECT_EQ(written("runs"), "1\n2\n");
}

TEST_F(OnProgramsTest, DropForgetsWhatComesWhileItRuns) {
  loop();
  plan_.policy.when_busy = rules::WhenBusy::drop;
  std::vector<std::string> storm;
  storm.reserve(50);
  for (std::uint64_t seq = 1; seq <= 50; ++seq) storm.push_back(event(seq));
  bool told = false;
  const auto status =
      run("echo $BUS_EVENT_SEQ >> $0/runs; exec sleep 1000", storm, [&](OnPrograms& programs) {
        if (there("runs") && !std::exchange(told, true)) programs.interrupted(SIGTERM);
      });
  EXPECT_EQ(*status, 143);
  EXPECT_EQ(written("runs"), "1\n");
  EXPECT_EQ(done_, 50u);
}

TEST_F(OnProgramsTest, LatestTakesAStormInForOneMoreRun) {
  loop();
  plan_.policy.when_busy = rules::WhenBusy::latest;
  plan_.policy.times = 2;
  std::vector<std::string> storm;
  storm.reserve(500);
  std::string expected;
  for (std::uint64_t seq = 1; seq <= 500; ++seq) {
    storm.push_back(event(seq));
    if (seq > 1) expected.append(storm.back()).append("\n");
  }
  EXPECT_EQ(*run("cat $BUS_EVENTS_FILE > $0/$BUS_EVENT_SEQ", storm), 0);
  EXPECT_EQ(written("1"), event(1) + "\n");
  EXPECT_EQ(written("500"), expected);
  EXPECT_EQ(done_, 500u);
}

TEST_F(OnProgramsTest, AFullQueueTakesNoMore) {
  loop();
  plan_.policy.max_queued = 2;
  plan_.policy.times = 4;
  bool looked = false;
  const auto status = run("echo $BUS_EVENT_SEQ >> $0/runs; until test -e $0/go; do sleep 0.01; done",
                          {event(1), event(2), event(3), event(4), event(5)}, [&](OnPrograms& programs) {
                            if (std::exchange(looked, true)) {
                              if (programs.takes_more()) {
                                EXPECT_TRUE(take(programs, event(4)).ok());
                              }
                              return;
                            }
                            EXPECT_FALSE(programs.takes_more());
                            EXPECT_TRUE(replace_file(folder_ / "go", "").ok());
                          });
  EXPECT_EQ(*status, 0);
  EXPECT_EQ(written("runs"), "1\n2\n3\n4\n");
}

TEST_F(OnProgramsTest, KeysPartThePrograms) {
  loop();
  plan_.policy.keyed = true;
  plan_.policy.times = 2;
  plan_.key = *predicate::compile("scope");
  plan_.prefix = true;
  // Each waits for the other.
  EXPECT_EQ(*run("touch $0/$BUS_EVENT_SCOPE; until test -e $0/a -a -e $0/b; do sleep 0.01; done; "
                 "echo hello; printf tail",
                 {event(1, "a"), event(2, "b")}),
            0);
  const std::string out = written("out");
  EXPECT_THAT(out, HasSubstr("[a] hello\n"));
  EXPECT_THAT(out, HasSubstr("[b] hello\n"));
  EXPECT_THAT(out, HasSubstr("[a] tail\n"));
}

TEST_F(OnProgramsTest, ARehearsalStartsNothing) {
  loop();
  plan_.dry_run = true;
  plan_.policy.when_busy = rules::WhenBusy::drop;
  plan_.policy.rate = rules::Rate{1, 1h};
  plan_.policy.times = 1;
  EXPECT_EQ(*run("touch $0/ran", {event(1), event(2)}), 0);
  EXPECT_FALSE(there("ran"));
  EXPECT_FALSE(there("events"));
  const std::string out = written("out");
  EXPECT_THAT(out, HasSubstr("event 1: run 1\n"));
  EXPECT_THAT(out, HasSubstr("run 1 would start: sh -c 'touch $0/ran' "));
  EXPECT_THAT(out, HasSubstr("BUS_EVENT_FILE BUS_EVENT_ID BUS_EVENT_SEQ"));
}

TEST_F(OnProgramsTest, WithoutAPlaceForTheEventItFails) {
  std::filesystem::create_directory(plan_.command.event_folder);
  ASSERT_EQ(::chmod(plan_.command.event_folder.c_str(), 0755), 0);
  const auto status = run("touch $0/ran", {event(1)});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::denied);
  EXPECT_FALSE(there("ran"));
}

}  // namespace
}  // namespace bus::cli
