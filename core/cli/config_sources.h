// Where this run's configuration comes from.
#pragma once

#include "core/base/result.h"
#include "core/cli/arguments.h"
#include "core/cli/verb.h"
#include "core/config/loader.h"
#include "core/config/paths.h"

namespace bus::cli {

// --set KEY=VALUE, for the verbs that take settings.
inline constexpr Option kSetOption = {.name = "set",
                                      .value = "KEY=VALUE",
                                      .help = "A setting for this run, over file and environment.",
                                      .many = Many::again};

// The user's file and rules, the environment, and --set. Code::invalid: a --set without '='.
Result<config::Sources> config_sources(const config::Paths& paths, const Arguments& arguments);

}  // namespace bus::cli
