// What people are told about rules, as JSON. Private to core/rules; the rules' thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/rules/rule_set.h"

namespace bus::rules {

// {"rules": […]}, each as rule_json() without its settings.
Result<std::string> rules_json(const RuleSet& set, const Surroundings& at);
// One rule: name, state, why, file, its counts, its last run; `settings` if wanted.
Result<std::string> rule_json(const RuleSet::Entry& entry, const Surroundings& at, bool settings);

// Why a rule did or did not run for a stored event: {"verdict", "text", "run", "explanation", …}.
Result<std::string> explain_match(const RuleSet::Entry& entry, const Surroundings& at, std::uint64_t seq);

// What it would do about an event: {"matches", "explanation", "key", "run": {"argv", "cwd", "env", "stdin"}}.
// `event` is the JSON form. Secrets are named, not told.
Result<std::string> test_rule(const RuleSet::Entry& entry, const Shared& shared, std::string_view event);

}  // namespace bus::rules
