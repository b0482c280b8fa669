// Which system calls a plugin's child process may make. Linux only.
#pragma once

#include "core/base/result.h"

namespace bus::plugin {

struct CallRules {
  bool network = false, unix_sockets = false;
  bool writes = false;   // files may be made, changed and removed, as far as nothing else forbids it
  bool watches = false;  // and watched, which nothing else would forbid
};

// Filters the calls of this process from now on: what it must not do fails with EPERM, what is newer than
// this program with ENOSYS, and calls of another architecture end it. False if the kernel or the machine has
// no such filters. REQUIRES: no new privileges (prctl), and no other thread runs.
Result<bool> filter_calls(const CallRules& rules);

// The same for a process that maps a library and says what is in it: it can read files, use memory, talk over
// what it has open, and end.
Result<bool> filter_all_but_mapping();

}  // namespace bus::plugin
