// Many programs at once, and programs that will not go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "core/process/jobs.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/process/run_jobs.h"
#include "tests/unit/process/run_shell.h"

namespace bus::process {
namespace {

using testing::TempFolder;

// Orphans come to us in all of these.
class Storm : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(become_subreaper().ok());
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 16384);
    ::setrlimit(RLIMIT_NOFILE, &files);
  }

  // Nobody waits for a moment that may pass: only for what must become true.
  static bool becomes(const std::function<bool()>& test) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!test()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      ::usleep(2000);
    }
    return true;
  }

  static void expect_gone(RunJobs& run, Jobs::Id id, const std::string& mark) {
    ASSERT_NE(mark, "");
    run.on([&] { run.jobs().stop(id, milliseconds(20)); });
    EXPECT_TRUE(run.await_end(id).end.has_value());
    EXPECT_EQ(running_of(mark), 0u);  // at once: the end is told when nobody is left
    EXPECT_TRUE(becomes([] { return children_of_ours(true) == 0; }));
    EXPECT_EQ(children_of_ours(false), 0u);
  }
};

TEST_F(Storm, BombsAreGoneAfterStop) {
  for (const char* how : {"group", "setsid", "double"}) {
    SCOPED_TRACE(how);
    RunJobs run;
    const auto [id, mark] = run.start_ready(probe({"bomb", "100", how}));
    EXPECT_EQ(running_of(mark), 101u);
    expect_gone(run, id, mark);
  }
}

TEST_F(Storm, WhoForksOnAndOnIsGoneAfterStop) {
  RunJobs run;
  Program program = shell(std::string("trap '' TERM; ") + PROCESS_PROBE + " hop & " + PROCESS_PROBE +
                          " hop & wait; while :; do sleep 1; done");
  const auto [id, mark] = run.start_ready(std::move(program));
  expect_gone(run, id, mark);
}

TEST_F(Storm, StopAllEndsBombsAsWell) {
  std::string mark;
  {
    RunJobs run;
    mark = run.start_ready(probe({"bomb", "30", "double"})).second;
    EXPECT_EQ(running_of(mark), 31u);
  }
  EXPECT_EQ(running_of(mark), 0u);
}

TEST_F(Storm, OrphansOfThoseThatEndThemselvesAreReapedWhenTheyEnd) {
  RunJobs run;
  const auto id =
      run.start({.program = shell("setsid sh -c 'sleep 0.1' & setsid sh -c 'sleep 0.2' & exit 0")});
  ASSERT_TRUE(id.ok());
  run.await_end(*id);
  EXPECT_TRUE(becomes([] { return children_of_ours(false) == 0 && children_of_ours(true) == 0; }));
}

TEST_F(Storm, AThousandAtOnceLeaveNothing) {
  const TempFolder folder;
  RunJobs run;
  const auto first = run.start({.program = shell("true")});  // what stays open from now on is open then
  ASSERT_TRUE(first.ok() && run.await_end(*first).end);
  constexpr int kAll = 1000;
  const std::size_t descriptors = open_descriptors();
  std::vector<Jobs::Id> ids(kAll);
  Pipe gate = make_pipe();
  // They wait for each other, so that all are there together.
  for (Jobs::Id& id : ids) {
    Program program{.path = "/bin/cat", .argv = {"cat"}, .env = {}};
    program.in = {.kind = Input::Kind::fd, .fd = gate.read_end.get()};
    const auto started = run.start({.program = std::move(program)});
    ASSERT_TRUE(started.ok()) << started.error().message;
    id = *started;
  }
  EXPECT_GE(run.on([&] { return run.jobs().running(); }), static_cast<std::size_t>(kAll));
  gate.write_end.reset();
  for (const Jobs::Id id : ids) ASSERT_TRUE(run.await_end(id).end->exit->ok());
  gate.read_end.reset();
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(children_of_ours(false), 0u);
  EXPECT_TRUE(becomes([] { return children_of_ours(true) == 0; }));
}

TEST_F(Storm, ThreeHundredWithLogsStoppedTogether) {
  const TempFolder folder;
  RunJobs run;
  std::vector<Jobs::Id> ids;
  for (int i = 0; i < 300; ++i) {
    auto id = run.start({.program = shell("echo up; exec sleep 1000"),
                         .log_path = folder / ("logs/" + std::to_string(i) + ".log")});
    ASSERT_TRUE(id.ok()) << id.error().message;
    ids.push_back(*id);
  }
  for (const Jobs::Id id : ids) run.await_output(id, "up");
  run.on([&] {
    for (const Jobs::Id id : ids) run.jobs().stop(id);
  });
  for (const Jobs::Id id : ids) {
    const auto end = run.await_end(id).end;
    EXPECT_EQ(end->exit->signal, SIGTERM);
    EXPECT_EQ(end->log_trouble, "");
  }
  EXPECT_EQ(children_of_ours(false), 0u);
}

}  // namespace
}  // namespace bus::process
