// The loop of `bus on` and of `bus watch`: events in, programs out, until it is over.
#pragma once

#include "core/base/result.h"
#include "core/cli/on_feed.h"
#include "core/cli/on_programs.h"
#include "core/cli/session.h"
#include "core/cli/signals.h"
#include "core/process/spawner.h"

namespace bus::cli {

// Runs the plan for what the feed brings; the status to end with. `idle` is what a timeout is told as.
// `tasks` is told of the runs; null: nobody is.
Result<int> run_for_events(Session& session, OnFeed& feed, const OnPlan& plan, const Signals& signals,
                           std::string_view idle, OnTasks* tasks = nullptr);

}  // namespace bus::cli
