// Which system calls a plugin's child process may make. Linux only.
#pragma once

#include "core/base/result.h"

namespace bus::plugin {

// Filters the calls of this process from now on: what it must not do fails with EPERM, calls of another
// architecture end it. False if the kernel or the machine has no such filters. REQUIRES: no new privileges
// (prctl), and no other thread runs.
Result<bool> filter_calls(bool network, bool unix_sockets);

}  // namespace bus::plugin
