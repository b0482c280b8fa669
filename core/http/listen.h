// Opening the sockets that a server listens on. For this folder only.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace bus::http {

// Nonblocking and listening. Port 0 means any free one; see port_of(). Code::conflict if it is taken.
Result<UniqueFd> listen_tcp(const std::string& address, std::uint16_t port);
std::uint16_t port_of(int socket);

// Mode 0600. A socket file that nobody listens on any more is replaced; Code::conflict if somebody does.
Result<UniqueFd> listen_unix(const std::string& path);

}  // namespace bus::http
