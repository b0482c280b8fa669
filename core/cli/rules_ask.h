// Asking the host about rules.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/cli/session.h"

namespace bus::cli {

// One question of the operation `rules`; `more` adds members.
Result<Session::Asked> ask_rules(const Session& session, std::string_view what, const std::string& name,
                                 const std::function<void(json::Writer&)>& more = {});

// "triage  active  3 runs, 1 running  last: failure (exit 2) 2026-11-20T08:00:00Z".
std::string rule_line(json::Node rule);

// Tells why an event did or did not make a rule run, as `bus explain` does for expressions; the exit status.
Result<int> explain_rule(Session& session, const std::string& rule, const std::string& event);

}  // namespace bus::cli
