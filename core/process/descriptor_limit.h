// How many descriptors this process may open, and what the programs that it starts may.
#pragma once

#include <sys/resource.h>

#include <optional>

#include "core/base/result.h"

namespace bus::process {

// Raises our soft limit to the hard one, but not above `most`. Programs that start() begins afterwards are
// given the soft limit from before: some of them walk through every number below it, and select() knows
// 1,024. Does nothing where the limit is high enough. Once, at the start of the process, before other threads
// run.
Status raise_descriptor_limit(rlim_t most);

// What raise_descriptor_limit() found; none if it has changed nothing.
std::optional<rlimit> descriptor_limit_of_programs();

}  // namespace bus::process
