// Jobs::interrupt(): a program that is asked to end in its own time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>

#include "core/process/jobs.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_spawner.h"

namespace bus::process {
namespace {

using ::testing::Contains;
using ::testing::Not;

class JobsInterrupt : public ::testing::Test {
 protected:
  Jobs::Id start(std::optional<microseconds> run_timeout = {}) {
    JobSpec spec;
    spec.program = {.path = "/bin/any", .argv = {"any"}, .env = {}};
    spec.run_timeout = run_timeout;
    spec.stop_grace = seconds(5);
    spec.ended = [this](Jobs::Id id, const JobEnd& end) { ends_[id] = end; };
    return *jobs_.start(std::move(spec));
  }
  void pass(microseconds time) {
    clock_.advance(time);
    runner_.step();
  }
  std::vector<int> signals() { return spawner_.started()[0].signals; }

  testing::FakeSpawner spawner_;
  testing::FakeClock clock_;
  loop::Runner runner_{"test", clock_};
  Jobs jobs_{runner_, spawner_, clock_};
  std::map<Jobs::Id, JobEnd> ends_;
};

TEST_F(JobsInterrupt, TheSignalIsPassedOnAndTheProgramTakesItsTime) {
  const Jobs::Id id = start();
  jobs_.interrupt(id, SIGINT);
  pass(seconds(3600));
  EXPECT_THAT(signals(), Contains(SIGINT));
  EXPECT_THAT(signals(), Not(Contains(SIGTERM)));
  EXPECT_THAT(signals(), Not(Contains(SIGKILL)));
  EXPECT_EQ(jobs_.running(), 1u);
  spawner_.finish(0, {.code = 9});
  pass(seconds(1));
  pass(seconds(1));
  ASSERT_EQ(ends_.count(id), 1u);
  EXPECT_EQ(ends_[id].exit->code, 9);
  EXPECT_FALSE(ends_[id].stopped);
}

TEST_F(JobsInterrupt, AStopBehindItKillsAtOnce) {
  const Jobs::Id id = start();
  jobs_.interrupt(id, SIGINT);
  pass(seconds(1));
  jobs_.stop(id);
  pass(seconds(0));
  EXPECT_THAT(signals(), Contains(SIGKILL));
  pass(seconds(1));
  ASSERT_EQ(ends_.count(id), 1u);
  EXPECT_EQ(ends_[id].exit->signal, SIGKILL);
}

TEST_F(JobsInterrupt, ItsTimeIsStillBounded) {
  spawner_.obey_term(false);
  const Jobs::Id id = start(seconds(60));
  jobs_.interrupt(id, SIGTERM);
  pass(seconds(64));
  EXPECT_EQ(jobs_.running(), 1u);
  pass(seconds(2));
  EXPECT_THAT(signals(), Contains(SIGKILL));
}

TEST_F(JobsInterrupt, OneThatIsBeingStoppedIsLeftAlone) {
  const Jobs::Id id = start();
  jobs_.stop(id);
  jobs_.interrupt(id, SIGINT);
  jobs_.interrupt(id + 1, SIGINT);
  pass(seconds(0));
  EXPECT_THAT(signals(), Not(Contains(SIGINT)));
}

}  // namespace
}  // namespace bus::process
