#include "core/process/supervise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "core/process/proc_scan.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_spawner.h"
#include "tests/unit/process/run_shell.h"

namespace bus::process {
namespace {

using ::testing::ElementsAre;
using testing::FakeClock;
using testing::FakeSpawner;

const Program kAny{.path = "/bin/any", .argv = {"any"}, .env = {}};

TEST(Stopping, AskedIsEnoughForAGoodProgram) {
  FakeSpawner spawner;
  FakeClock clock;
  auto child = spawner.start(kAny);
  Stopping stopping(spawner, *child, seconds(10), clock.monotonic());
  EXPECT_EQ(stopping.step(clock.monotonic()), Stopping::Stage::gone);
  EXPECT_EQ(spawner.started()[0].signals.front(), SIGTERM);
  EXPECT_EQ(child->exit->signal, SIGTERM);
  EXPECT_EQ(stopping.next(clock.monotonic()), Mono::max());
}

TEST(Stopping, KillsAfterTheGraceAndNotBefore) {
  FakeSpawner spawner;
  spawner.obey_term(false);
  FakeClock clock;
  auto child = spawner.start(kAny);
  Stopping stopping(spawner, *child, seconds(10), clock.monotonic());
  EXPECT_EQ(stopping.next(clock.monotonic()), clock.monotonic() + seconds(10));
  clock.advance(seconds(10) - milliseconds(1));
  EXPECT_EQ(stopping.step(clock.monotonic()), Stopping::Stage::asked);
  clock.advance(milliseconds(1));
  EXPECT_EQ(stopping.step(clock.monotonic()), Stopping::Stage::killed);
  EXPECT_EQ(stopping.step(clock.monotonic()), Stopping::Stage::gone);
  EXPECT_THAT(spawner.started()[0].signals, ElementsAre(SIGTERM, SIGCONT, SIGKILL));
}

TEST(Stopping, OfAProgramThatHasEndedSaysSo) {
  FakeSpawner spawner;
  FakeClock clock;
  auto child = spawner.start(kAny);
  spawner.finish(0, {.code = 4});
  Stopping stopping(spawner, *child, seconds(10), clock.monotonic());
  EXPECT_EQ(stopping.step(clock.monotonic()), Stopping::Stage::gone);
  EXPECT_EQ(child->exit->code, 4);
  EXPECT_TRUE(spawner.started()[0].signals.empty());
}

TEST(Wait, ForIsBoundedAndAFinishWakesIt) {
  FakeSpawner spawner;
  auto child = spawner.start(kAny);
  EXPECT_FALSE(wait_for(spawner, *child, milliseconds(1))->has_value());
  spawner.finish(0, {.code = 2});
  EXPECT_EQ((**wait_for(spawner, *child, seconds(30))).code, 2);
  EXPECT_EQ(wait(spawner, *child)->code, 2);
}

// The real thing: a program that ignores SIGTERM and leaves a grandchild behind that does, too.
TEST(Stop, EndsTheWholeGroup) {
  Pipe ready = make_pipe();
  Program program = shell("trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000");
  program.out = {Output::Kind::fd, ready.write_end.get()};
  auto child = system_spawner().start(program);
  ASSERT_TRUE(child.ok());
  ASSERT_TRUE(await_byte(ready));
  const auto exit = stop(system_spawner(), *child, milliseconds(20), system_clock());
  ASSERT_TRUE(exit.ok()) << exit.error().message;
  EXPECT_EQ(exit->signal, SIGKILL);
  EXPECT_TRUE(child->gone);
  EXPECT_FALSE(anyone_runs_in(child->pgid));
}

TEST(Stop, IsNotDoneWhenOnlyTheLeaderIsGone) {
  Pipe ready = make_pipe();
  Program program = shell("(trap '' TERM; echo up; exec sleep 1000) & wait");
  program.out = {Output::Kind::fd, ready.write_end.get()};
  auto child = system_spawner().start(program);
  ASSERT_TRUE(child.ok());
  ASSERT_TRUE(await_byte(ready));
  FakeClock clock;
  Stopping stopping(system_spawner(), *child, seconds(10), clock.monotonic());
  ASSERT_TRUE(wait(system_spawner(), *child).ok());  // the leader obeys
  EXPECT_EQ(stopping.step(clock.monotonic()), Stopping::Stage::asked);
  EXPECT_FALSE(child->gone);
  EXPECT_EQ(stopping.next(clock.monotonic()), clock.monotonic() + milliseconds(10));
  clock.advance(seconds(10));
  EXPECT_EQ(stopping.step(clock.monotonic()), Stopping::Stage::killed);
  EXPECT_TRUE(stop(system_spawner(), *child, seconds(10), system_clock()).ok());
  EXPECT_TRUE(child->gone);
}

TEST(Stop, WakesAStoppedProgram) {
  auto child = system_spawner().start(shell("kill -STOP $$"));
  ASSERT_TRUE(child.ok());
  const auto exit = stop(system_spawner(), *child, seconds(60), system_clock());
  ASSERT_TRUE(exit.ok());
  EXPECT_TRUE(child->gone);
  EXPECT_TRUE(stop(system_spawner(), *child, seconds(60), system_clock()).ok());  // twice is fine
}

}  // namespace
}  // namespace bus::process
