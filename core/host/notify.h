// Tells a service manager how we are: one datagram to $NOTIFY_SOCKET (sd_notify(3)).
#pragma once

#include <string_view>

namespace bus::host {

// "READY=1", "STOPPING=1", "STATUS=…". Does nothing where nobody listens; never fails.
void notify_service_manager(std::string_view state);

}  // namespace bus::host
