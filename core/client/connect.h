// Reaching the host: connects, and starts one first if none answers. Where the last host is on its way out,
// that waits until it has gone.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/client/connection.h"
#include "core/config/paths.h"

namespace bus::client {

// What a host that is on its way out has written behind its pid in <state>/host.lock.
inline constexpr std::string_view kStoppingMark = " stopping";

struct ConnectOptions {
  bool autostart = true;          // false with --no-autostart or BUS_AUTOSTART=0
  std::string program;            // the bus to start; empty: the one that runs now (/proc/self/exe)
  milliseconds patience{10'000};  // for a started host to be ready
};

// Code::unavailable if there is no host and none could be started, with its reason. Code::denied if the
// runtime folder is not ours alone.
Result<Connection> connect(const config::Paths& paths, const ConnectOptions& options);

// The descriptor on which a host that was started by connect() reports: it writes "ok" when it is ready, or a
// line of why it is not, and closes it.
inline constexpr int kReadyFd = 3;
inline constexpr const char* kReadyVariable = "BUS_READY_FD";

}  // namespace bus::client
