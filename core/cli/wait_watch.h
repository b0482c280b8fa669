// The watching of `bus wait`: a WaitPlan fed from a subscription, until it is over or its time is up.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/cli/session.h"
#include "core/cli/wait_plan.h"
#include "core/client/follower.h"

namespace bus::cli {

// Prints the answer's events; the exit status.
Result<int> wait_for_events(Session& session, WaitPlan& plan);

// When --timeout is up; empty: never.
Result<std::optional<Mono>> deadline_of(const Session& session);

// Until when to listen: to the deadline, or to a moment of wall time at which something is due, if that is
// earlier.
std::optional<Mono> look_again(std::optional<Mono> deadline, std::optional<Time> due);

// Time was up: tells what is outstanding. kTimedOut, or kUnknown if nobody was looking: the host is away, or
// what is needed cannot be observed (health.h); that is told, too.
int timed_out(const Session& session, client::Follower& follower, const std::vector<std::string>& outstanding,
              const Needs& needs);

// "bus: WHAT: it could not be observed" and why.
void tell_blind(std::string_view what, const std::vector<std::string>& blind);

// The status, or kGood with --no-exit-status.
int final_status(const Session& session, int status);

}  // namespace bus::cli
