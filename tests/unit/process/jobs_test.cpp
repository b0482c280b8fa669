#include "core/process/jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "core/base/file.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_spawner.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/process/run_jobs.h"
#include "tests/unit/process/run_shell.h"

namespace bus::process {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::FakeClock;
using testing::FakeSpawner;
using ::testing::HasSubstr;
using testing::TempFolder;

// Steps of the test's own, with a clock and programs that do as they are told.
class FakeJobs : public ::testing::Test {
 protected:
  Result<Jobs::Id> start(JobSpec spec = {}) {
    spec.program = {.path = "/bin/any", .argv = {"any"}, .env = {"BUS_RUN=of somebody else"}};
    spec.ended = [this](Jobs::Id id, const JobEnd& end) { ends_[id] = end; };
    return jobs_.start(std::move(spec));
  }
  std::vector<int> signals(std::size_t index) { return spawner_.started()[index].signals; }

  FakeSpawner spawner_;
  FakeClock clock_;
  loop::Runner runner_{"test", clock_};
  Jobs jobs_{runner_, spawner_, clock_};
  std::map<Jobs::Id, JobEnd> ends_;
};

TEST_F(FakeJobs, TellsTheEndOnceAndFreesTheId) {
  const auto id = start();
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(jobs_.running(), 1u);
  EXPECT_EQ(jobs_.pid(*id), 1000);
  runner_.step();
  EXPECT_TRUE(ends_.empty());
  clock_.advance(seconds(2));
  spawner_.finish(0, {.code = 3});
  runner_.step();
  ASSERT_EQ(ends_.count(*id), 1u);
  EXPECT_EQ(ends_[*id].exit->code, 3);
  EXPECT_EQ(ends_[*id].ended - ends_[*id].started, seconds(2));
  EXPECT_FALSE(ends_[*id].stopped || ends_[*id].timed_out);
  EXPECT_EQ(jobs_.running(), 0u);
  EXPECT_EQ(jobs_.pid(*id), 0);
  EXPECT_EQ(runner_.step(), std::nullopt);  // nothing to wake up for
}

TEST_F(FakeJobs, GivesEachStartAMarkOfItsOwn) {
  ASSERT_TRUE(start().ok() && start().ok());
  const auto started = spawner_.started();
  ASSERT_EQ(started[0].program.env.size(), 1u);
  EXPECT_THAT(started[0].program.env[0], ::testing::StartsWith("BUS_RUN="));
  EXPECT_NE(started[0].program.env, started[1].program.env);
}

TEST_F(FakeJobs, StartsFailAsTheSpawnerSays) {
  spawner_.fail_next(error(Code::not_found, "no such program"));
  EXPECT_EQ(start().error().code, Code::not_found);
  EXPECT_EQ(jobs_.running(), 0u);
}

TEST_F(FakeJobs, StopAsksThenKillsAndTwiceKillsAtOnce) {
  spawner_.obey_term(false);
  const auto first = start(), second = start();
  jobs_.stop(*first, seconds(5));
  jobs_.stop(*second, seconds(5));
  runner_.step();
  EXPECT_THAT(signals(0), ElementsAre(SIGTERM, SIGCONT));
  jobs_.stop(*second);
  runner_.step();
  runner_.step();
  EXPECT_THAT(signals(1), ElementsAre(SIGTERM, SIGCONT, SIGKILL));
  EXPECT_TRUE(ends_[*second].stopped);
  EXPECT_EQ(ends_.count(*first), 0u);
  clock_.advance(seconds(5));
  runner_.step();
  clock_.advance(seconds(1));
  runner_.step();
  EXPECT_EQ(ends_[*first].exit->signal, SIGKILL);
  EXPECT_FALSE(ends_[*first].timed_out);
}

TEST_F(FakeJobs, ATimeoutIsAStopThatSaysSo) {
  const auto id = start({.run_timeout = seconds(30)});
  EXPECT_EQ(runner_.step(), clock_.monotonic() + seconds(30));
  clock_.advance(seconds(30));
  runner_.step();
  runner_.step();
  EXPECT_TRUE(ends_[*id].timed_out);
  EXPECT_FALSE(ends_[*id].stopped);
  EXPECT_EQ(ends_[*id].exit->signal, SIGTERM);
}

TEST_F(FakeJobs, GivesLinesAsTheyCome) {
  std::vector<std::string> lines;
  ASSERT_TRUE(start({.lines = [&](Tag tag, std::string_view line, bool whole) {
                lines.push_back((tag == Tag::out ? "out " : "err ") + std::string(line) + (whole ? "" : "~"));
              }}).ok());
  spawner_.say(0, 1, "one\ntw");
  spawner_.say(0, 2, "\n");
  runner_.step();
  EXPECT_THAT(lines, ElementsAre("out one", "err "));
  spawner_.say(0, 1, "o\nrest");
  spawner_.finish(0);
  runner_.step();
  EXPECT_THAT(lines, ElementsAre("out one", "err ", "out two", "out rest~"));
}

TEST_F(FakeJobs, StopAllEndsThemSilentlyAndLetsNoneStart) {
  const auto id = start();
  ASSERT_TRUE(id.ok());
  jobs_.stop_all(seconds(1));
  EXPECT_EQ(jobs_.running(), 0u);
  EXPECT_TRUE(ends_.empty());
  EXPECT_THAT(signals(0), ElementsAre(SIGTERM, SIGCONT));
  EXPECT_EQ(start().error().code, Code::stopping);
}

TEST_F(FakeJobs, KillAllReachesEverybody) {
  ASSERT_TRUE(start().ok() && start().ok());
  jobs_.kill_all();
  EXPECT_THAT(signals(0), ElementsAre(SIGKILL));
  EXPECT_THAT(signals(1), ElementsAre(SIGKILL));
  runner_.step();
  EXPECT_EQ(ends_.size(), 2u);
}

TEST_F(FakeJobs, AnotherMayBeStartedWhenOneEnds) {
  bool second = false;
  JobSpec spec;
  spec.program = {.path = "/bin/any", .argv = {"any"}, .env = {}};
  spec.ended = [&](auto, const JobEnd&) { second = start().ok(); };
  ASSERT_TRUE(jobs_.start(std::move(spec)).ok());
  spawner_.finish(0);
  runner_.step();
  EXPECT_TRUE(second);
  EXPECT_EQ(jobs_.running(), 1u);
}

TEST(Jobs, TheProgramFindsWhatItWasPromised) {
  const TempFolder folder;
  RunJobs run;
  Program program = probe({"a b", "$HOME", ""});
  program.env = {"ONE=1", "BUS_RUN=old"};
  program.cwd = folder.path();
  program.umask = 077;
  program.limits = {{RLIMIT_NOFILE, 77, 77}};
  program.in = {.kind = Input::Kind::bytes, .bytes = "the event"};
  const auto id = run.start({.program = program});
  ASSERT_TRUE(id.ok()) << id.error().message;
  const auto told = run.await_end(*id);
  const std::string pid = told.out.substr(told.out.find("\"pid\":") + 6);
  const std::string number = pid.substr(0, pid.find(','));
  EXPECT_THAT(
      told.out,
      AllOf(HasSubstr(R"("argv":["probe","a b","$HOME",""])"), HasSubstr(R"("env":["ONE=1","BUS_RUN=0)"),
            HasSubstr(R"("fds":[0,1,2])"), HasSubstr(R"("blocked":[],"handled":[])"),
            HasSubstr("\"pgid\":" + number + ","), HasSubstr(R"("umask":63)"), HasSubstr(R"("files":77)"),
            HasSubstr("\"cwd\":\"" + folder.path()), HasSubstr(R"("stdin":"the event")")));
  EXPECT_TRUE(told.end->exit->ok());
}

TEST(Jobs, OutputIsByteExact) {
  const TempFolder folder;
  RunJobs run;
  // NUL, invalid UTF-8, CR, a line of 1 MiB, and no newline at the end.
  Program program = shell(
      R"(printf 'a\000b\r\n\377\376\n\n'; printf 'error\000' >&2; head -c 1048576 /dev/zero | tr '\000' y; printf '\nend')");
  const auto id = run.start({.program = program, .log_path = folder / "run.log"});
  ASSERT_TRUE(id.ok());
  const auto told = run.await_end(*id);
  const std::string expected = std::string("a\0b\r\n\377\376\n\n", 9) + std::string(1u << 20, 'y') + "\nend";
  EXPECT_TRUE(told.out == expected);
  EXPECT_EQ(told.err, std::string("error\0", 6));
  EXPECT_EQ(told.end->log_trouble, "");
  std::string from_log[2];
  auto reader = LogReader::open(folder / "run.log");
  ASSERT_TRUE(reader.ok());
  for (auto line = reader->next(); line.ok() && *line; line = reader->next())
    from_log[static_cast<int>((**line).tag)].append((**line).text).append((**line).whole ? "\n" : "");
  EXPECT_TRUE(from_log[0] == expected);
  EXPECT_EQ(from_log[1], told.err);
}

TEST(Jobs, AFloodIsBoundedAndHoldsNobodyUp) {
  const TempFolder folder;
  RunJobs run;
  const auto id = run.start({.program = probe({"flood", "100000000"}),
                             .log_path = folder / "run.log",
                             .log_bounds = {.bytes = 1u << 20, .files = 3}},
                            false);
  ASSERT_TRUE(id.ok());
  const auto told = run.await_end(*id);
  EXPECT_TRUE(told.end->exit->ok());
  EXPECT_EQ(told.end->log_trouble, "");
  std::uint64_t kept = 0, files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    ++files, kept += entry.file_size();
  EXPECT_EQ(files, 3u);
  EXPECT_LE(kept, 3u << 20);
  auto reader = LogReader::open(folder / "run.log");
  std::uint64_t lines = 0, gone = 0;
  for (auto line = reader->next(); line.ok() && *line; line = reader->next()) {
    gone += (**line).gone;
    ++lines;
  }
  // Each line has 99 bytes and 40 in front of them, and its newline.
  EXPECT_EQ(lines * 140 + gone, 1'000'000u * 140);
}

TEST(Jobs, ALogThatCannotBeMadeHoldsNobodyUp) {
  RunJobs run;
  const auto id = run.start({.program = shell("echo hello"), .log_path = "/proc/none/run.log"});
  ASSERT_TRUE(id.ok());
  const auto told = run.await_end(*id);
  EXPECT_EQ(told.out, "hello\n");
  EXPECT_NE(told.end->log_trouble, "");
}

TEST(Jobs, WhatHoldsTheOutputOpenIsNotWaitedForAndGoesOn) {
  RunJobs run;
  const auto id = run.start({.program = shell("sleep 1000 & echo $!")});
  ASSERT_TRUE(id.ok());
  const auto told = run.await_end(*id);
  EXPECT_TRUE(told.end->exit->ok());
  const auto left = static_cast<pid_t>(std::atoi(told.out.c_str()));
  ASSERT_GT(left, 1);
  const auto entry = read_process(left);
  EXPECT_TRUE(entry && !entry->zombie());
  ::kill(left, SIGKILL);
}

TEST(Jobs, ExitsAndSignalsAreExact) {
  RunJobs run;
  const auto code = run.start({.program = shell("exit 7")});
  const auto killed = run.start({.program = shell("kill -USR1 $$")});
  const auto stopped =
      run.start({.program = shell("echo ready; trap 'exit 9' TERM; while :; do sleep 0.01; done")});
  EXPECT_EQ(run.await_end(*code).end->exit->code, 7);
  EXPECT_EQ(run.await_end(*killed).end->exit->signal, SIGUSR1);
  run.await_output(*stopped, "ready");
  run.on([&] { run.jobs().stop(*stopped, seconds(100)); });
  const auto end = run.await_end(*stopped).end;
  EXPECT_TRUE(end->exit->code == 9 || end->exit->signal == SIGTERM);  // its trap may come a moment too late
  EXPECT_TRUE(end->stopped);
}

TEST(Jobs, SignalsReachTheGroup) {
  RunJobs run;
  const auto [id, mark] =
      run.start_ready(shell("trap 'echo hup; exit 4' HUP; echo ready; while :; do sleep 0.01; done"));
  run.on([&, job = id] { run.jobs().signal(job, SIGHUP); });
  EXPECT_EQ(run.await_end(id).end->exit->code, 4);
}

}  // namespace
}  // namespace bus::process
