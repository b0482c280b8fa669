#include "core/cli/on_policy.h"

#include "core/cli/exit_codes.h"

namespace bus::cli {

void OnPolicy::ran(int status, Mono now) {
  ++runs_;
  last_ = status;
  quiet_since_ = now;
  const std::int64_t wanted = settings_.loop ? settings_.times.value_or(INT64_MAX) : 1;
  if (runs_ >= wanted) over_ = true;
}

void OnPolicy::interrupted(int signal) {
  signal_ = signal;
  over_ = true;
}

int OnPolicy::status() const {
  if (timed_out_) return kTimedOut;
  const bool single = !settings_.loop && runs_ > 0;
  if (signal_ != 0 && !single) return 128 + signal_;
  return last_;
}

}  // namespace bus::cli
