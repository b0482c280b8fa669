// One HTTP request to our own host on loopback, for `doctor` and `demo`. Plain sockets: the client half has
// no HTTP library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace bus::cli {

struct ProbeRequest {
  std::string method = "GET";
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
};

struct ProbeAnswer {
  int status = 0;
  std::string body;
};

// Asks 127.0.0.1:port and reads until the host closes. Code::unavailable: nobody listens. Code::timeout: no
// whole answer in time. Code::invalid: it was no HTTP.
Result<ProbeAnswer> probe_http(std::uint16_t port, const ProbeRequest& request, milliseconds limit);

}  // namespace bus::cli
