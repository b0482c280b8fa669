// The host: owns every part, starts them in order and stops them in order.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/config/loader.h"
#include "core/config/paths.h"

namespace bus::host {

struct HostOptions {
  config::Paths paths;
  config::Settings settings;
  // Loads the settings anew, for SIGHUP; empty: SIGHUP changes nothing.
  std::function<config::Loaded()> reload;
  std::optional<int> ready_fd;  // whoever started us waits there; see client/connect.h
};

// Runs until SIGTERM or SIGINT and stops in order: entrances, sources, store, readers. REQUIRES: no other
// thread is running yet (the signals are blocked for all).
//
// Fails before anything is touched if another host holds the state folder (Code::conflict), if a folder
// cannot be used (Code::denied), if the port is taken (Code::conflict) or if the store is damaged
// (Code::fault).
Status run(const HostOptions& options);

}  // namespace bus::host
