#include "core/process/descendants.h"

#include <gtest/gtest.h>

#include <csignal>

#include "core/process/supervise.h"
#include "tests/unit/process/run_jobs.h"
#include "tests/unit/process/run_shell.h"

namespace bus::process {
namespace {

// Starts a script with a mark and waits for its first byte.
Child start_marked(std::string script, const std::string& run) {
  Pipe ready = make_pipe();
  Program program = shell(std::move(script));
  program.env.push_back("BUS_RUN=" + run);
  program.out = {Output::Kind::fd, ready.write_end.get()};
  auto child = system_spawner().start(program);
  if (!child || !await_byte(ready)) std::abort();
  child->run = run;
  return std::move(*child);
}

TEST(Descendants, AreGoneOnlyWhenThoseInSessionsOfTheirOwnAre) {
  Child child =
      start_marked("trap '' TERM; setsid sh -c 'echo up; exec sleep 1000' & wait; sleep 1000", "test-1");
  EXPECT_GE(running_of("test-1"), 2u);
  Descendants all(child.pid, child.run);
  EXPECT_FALSE(all.gone());
  all.kill();
  ASSERT_TRUE(wait(system_spawner(), child).ok());
  while (!all.gone()) ::usleep(1000);
  EXPECT_EQ(running_of("test-1"), 0u);
}

TEST(Descendants, ThatThrewAwayTheMarkAreFoundByTheirParent) {
  Child child = start_marked("env -i setsid sh -c 'echo up; sleep 1000; :' & wait", "test-2");
  const std::size_t marked = running_of("test-2");
  Descendants all(child.pid, child.run);
  ProcessTable::Each below;
  const auto table = ProcessTable::take();
  table->children_of(child.pid, below);
  ASSERT_FALSE(below.empty());
  EXPECT_EQ(marked, 1u);
  const ProcessEntry found = *below.front();
  ASSERT_TRUE(stop(system_spawner(), child, milliseconds(1), system_clock()).ok());
  const auto now = read_process(found.pid);
  EXPECT_TRUE(!now || now->zombie() || now->start != found.start);
}

TEST(Descendants, OrphansAreFoundByTheMark) {
  Child child = start_marked("setsid sh -c '(trap \"\" TERM; echo up; exec sleep 1000) &' & wait", "test-3");
  ASSERT_TRUE(wait(system_spawner(), child).ok());
  EXPECT_EQ(running_of("test-3"), 1u);
  ASSERT_TRUE(stop(system_spawner(), child, milliseconds(1), system_clock()).ok());
  EXPECT_EQ(running_of("test-3"), 0u);
}

TEST(Descendants, OthersAreLeftAlone) {
  Child bystander = start_marked("echo up; exec sleep 1000", "test-4");
  Child child = start_marked("echo up; exec sleep 1000", "test-5");
  ASSERT_TRUE(stop(system_spawner(), child, milliseconds(100), system_clock()).ok());
  EXPECT_EQ(running_of("test-4"), 1u);
  ASSERT_TRUE(stop(system_spawner(), bystander, milliseconds(100), system_clock()).ok());
}

TEST(Descendants, TheGroupHearsSigtermOnce) {
  Pipe out = make_pipe();
  Program program =
      shell("trap 'echo term' TERM; echo up; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.02; done");
  program.env.push_back("BUS_RUN=test-6");
  program.out = {Output::Kind::fd, out.write_end.get()};
  auto child = system_spawner().start(program);
  ASSERT_TRUE(child.ok());
  child->run = "test-6";
  out.write_end.reset();
  ASSERT_TRUE(await_byte(out));
  ASSERT_TRUE(stop(system_spawner(), *child, seconds(60), system_clock()).ok());
  const auto rest = read_all(out.read_end.get(), 1000);
  EXPECT_EQ(rest->find("term"), rest->rfind("term")) << *rest;
}

}  // namespace
}  // namespace bus::process
