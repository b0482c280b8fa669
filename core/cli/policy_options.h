// The options that say when and how often a program is run: of `bus on` and of `bus rules add`.
#pragma once

#include <span>

#include "core/base/result.h"
#include "core/cli/session.h"
#include "core/cli/verb.h"
#include "core/rules/policy.h"

namespace bus::cli {

// --when-busy --restart --jobs --key --debounce --max-wait --rate --retries --backoff --run-timeout
// --stop-timeout --times: a verb's `policies`.
std::span<const Option> policy_options();

// What they say together; Code::invalid names the option. --key is compiled by whoever evaluates it.
Result<rules::Policy> policy_of(const Session& session);

// --stdin: what the program reads.
Result<rules::Stdin> stdin_of(const Session& session);

}  // namespace bus::cli
