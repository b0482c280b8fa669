// The sandbox of a plugin's child process. Linux only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace bus::plugin {

// What a plugin in a process of its own may do besides computing and talking to the host.
struct Allowed {
  bool network = false;              // its own sockets of IPv4 and IPv6
  bool unix_sockets = false;         // its own unix sockets: with them it can reach what the user can
  std::vector<std::string> files{};  // may be read and written, with all below
  bool only_look = false;            // nothing but to map its library and say what it finds there
};

// Bounds this process: private memory to `memory` bytes (then allocations fail), no core dumps, few
// descriptors; with `only_look` also its time, and no file that grows. REQUIRES: no other thread runs.
Status limit_process(std::uint64_t memory, bool only_look);

// Shuts this process in, for good: no new privileges, no new processes or programs, no tracing, mounting,
// kernel modules, keys or signals to others (seccomp), no capabilities; no files but the system's libraries
// and certificates, to be read, and `allowed.files` (Landlock). The value says what holds: "seccomp,
// landlock"; a kernel without one of them is no error. Without Landlock seccomp lets no file be changed if
// `allowed.files` is empty, and any be read. REQUIRES: no other thread runs.
Result<std::string> shut_in(const Allowed& allowed);

// What has to be said of a sandbox that is not whole; empty if it is.
std::string_view weakness_of(std::string_view sandbox);

}  // namespace bus::plugin
