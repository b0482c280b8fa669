#include <gtest/gtest.h>
#include <sys/wait.h>

#include "core/process/descendants.h"
#include "tests/unit/process/run_jobs.h"
#include "tests/unit/process/run_shell.h"

namespace bus::process {
namespace {

// The number that the script prints.
pid_t printed(Program program) {
  const auto ran = run(std::move(program));
  return ran.ok() ? static_cast<pid_t>(std::atoi(ran->out.c_str())) : 0;
}

bool there(pid_t pid) {
  return read_process(pid).has_value();
}

TEST(Orphans, AreReapedAndKnownChildrenAreNot) {
  ASSERT_TRUE(become_subreaper().ok());
  EXPECT_TRUE(is_subreaper());
  auto known = system_spawner().start(shell("exit 5"));
  ASSERT_TRUE(known.ok());
  const pid_t orphan = printed(shell("setsid sh -c 'exec sleep 0.01' > /dev/null & echo $!"));
  ASSERT_GT(orphan, 1);
  while (there(orphan)) {
    Orphans::reap();
    ::usleep(1000);
  }
  EXPECT_EQ(wait(system_spawner(), *known)->code, 5);
}

TEST(Orphans, ChildrenThatAnotherPartForkedAreLeftToIt) {
  ASSERT_TRUE(become_subreaper().ok());
  const pid_t child = ::fork();
  if (child == 0) ::_exit(3);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  Orphans::reap();
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

TEST(Orphans, AreReapedByTheRunnerWhenTheKernelTells) {
  ASSERT_TRUE(become_subreaper().ok());
  loop::Runner runner("test", system_clock());
  runner.start();
  std::promise<bool> watching;
  std::unique_ptr<Orphans> orphans;
  runner.post("test", [&] {
    auto made = Orphans::watch(runner);
    if (made) orphans = std::move(*made);
    watching.set_value(orphans != nullptr);
  });
  ASSERT_TRUE(watching.get_future().get());
  const pid_t orphan = printed(shell("setsid sh -c 'exec sleep 0.05' > /dev/null & echo $!"));
  ASSERT_GT(orphan, 1);
  for (int i = 0; there(orphan) && i < 60'000; ++i) ::usleep(1000);
  EXPECT_FALSE(there(orphan));
  EXPECT_TRUE(runner.stop(seconds(30)));
}

}  // namespace
}  // namespace bus::process
