// What the user says to `bus on`, read and checked.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/cli/on_programs.h"
#include "core/cli/session.h"
#include "core/client/follower.h"
#include "core/config/paths.h"
#include "core/rules/launch.h"

namespace bus::cli {

struct OnWish {
  OnPlan plan;  // without its command
  client::Subscribe subscribe;
  // Where to begin if the cursor that `subscribe` reads from is not there.
  std::optional<std::string> fresh_since{};
};

// Code::invalid names the option that is wrong or lacks another one.
Result<OnWish> on_wish(const Session& session);

// The program behind `--`, with --stdin; Code::invalid for a wrong word there, else why there is none to be
// run.
Result<rules::Command> event_command(const Session& session, const config::Paths& paths);

// A failed event_command(): a usage error, or the status that a shell would give; why is told then.
Result<int> told_as_status(const Error& why);

}  // namespace bus::cli
