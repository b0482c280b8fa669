#include "core/process/proc_scan.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "tests/unit/process/run_shell.h"

namespace bus::process {
namespace {

TEST(AnyoneRunsIn, SeesTheLivingAndNotTheDead) {
  EXPECT_TRUE(anyone_runs_in(::getpgrp()));
  auto child = system_spawner().start(shell("exit 0"));
  ASSERT_TRUE(child.ok());
  pollfd ended{child->pidfd.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&ended, 1, 30'000), 1);
  EXPECT_FALSE(anyone_runs_in(child->pgid));  // a zombie: nobody has reaped it yet
  EXPECT_TRUE(wait(system_spawner(), *child).ok());
}

}  // namespace
}  // namespace bus::process
