// The watching of `bus wait`: a WaitPlan fed from a subscription, until it is over or its time is up.
#pragma once

#include <optional>
#include <string>
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

// Time was up: tells what is outstanding. kTimedOut, or kUnknown if the host is away.
int timed_out(const Session& session, const client::Follower& follower,
              const std::vector<std::string>& outstanding);

// The status, or kGood with --no-exit-status.
int final_status(const Session& session, int status);

}  // namespace bus::cli
