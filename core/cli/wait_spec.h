// From the options of `bus wait` to a WaitSpec. Pure.
#pragma once

#include <span>

#include "core/base/result.h"
#include "core/cli/arguments.h"
#include "core/cli/verb.h"
#include "core/cli/wait_plan.h"

namespace bus::cli {

// The options that say what is waited for; shorthands come beside them (shorthand.h).
std::span<const Option> wait_options();

// Code::invalid: nothing to wait for, or options that exclude each other.
Result<WaitSpec> wait_spec(const Arguments& arguments);

}  // namespace bus::cli
