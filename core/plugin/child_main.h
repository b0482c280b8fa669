// The process that runs a plugin's library for a host: `bus plugin-host`.
#pragma once

namespace bus::plugin {

// Speaks with the host over descriptor 3 (child_protocol.h) and loads the library in descriptor 4, once the
// process is bounded and shut in. Returns the exit status when the host is gone; kChildProtocol if nobody
// speaks there. REQUIRES: no other thread runs.
int run_plugin_host();

}  // namespace bus::plugin
