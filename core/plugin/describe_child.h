// The side of describe.h that runs in the child. Private to core/plugin.
#pragma once

#include "core/base/result.h"

namespace bus::plugin {

inline constexpr int kDescribedFd = 3;  // the library's sealed copy

// From here on this process can read files, use memory, write to what it has open, and end: no programs, no
// threads, no sockets, no writing of files, no new rights. Where the kernel has no seccomp, only the last.
Status give_up_abilities();

}  // namespace bus::plugin
