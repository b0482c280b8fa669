// What /proc says about a process group. Inside core/process only.
#pragma once

#include <sys/types.h>

namespace bus::process {

// True if some process of the group still runs. Zombies do not: they only wait for a parent, perhaps for
// ever, where process 1 does not reap. True also if /proc cannot be read. A walk over all processes: not for
// the usual path.
bool anyone_runs_in(pid_t pgid);

}  // namespace bus::process
