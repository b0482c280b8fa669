#include "core/process/descriptor_limit.h"

#include <gtest/gtest.h>

#include "tests/unit/process/run_shell.h"

namespace bus::process {
namespace {

// Puts the limits of this process back.
class Limits {
 public:
  Limits() { ::getrlimit(RLIMIT_NOFILE, &before_); }
  Limits(const Limits&) = delete;
  Limits& operator=(const Limits&) = delete;
  ~Limits() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  rlim_t hard() const { return before_.rlim_max; }

 private:
  rlimit before_{};
};

rlim_t soft() {
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  return now.rlim_cur;
}

TEST(DescriptorLimit, IsRaisedForUsAndNotForPrograms) {
  const Limits limits;
  const rlimit low{.rlim_cur = 300, .rlim_max = limits.hard()};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  ASSERT_TRUE(raise_descriptor_limit(400).ok());
  EXPECT_EQ(soft(), 400U);
  EXPECT_EQ(run(shell("ulimit -S -n"))->out, "300\n");
  Program program = shell("ulimit -S -n");
  program.limits = {{RLIMIT_NOFILE, 64, 64}};
  EXPECT_EQ(run(program)->out, "64\n");
}

TEST(DescriptorLimit, IsNeverLowered) {
  const Limits limits;
  const rlim_t now = soft();
  ASSERT_TRUE(raise_descriptor_limit(now - 1).ok());
  EXPECT_EQ(soft(), now);
}

}  // namespace
}  // namespace bus::process
