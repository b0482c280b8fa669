// Where an engine may be.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/cpp/event.hpp"

namespace bus::docker {

struct Address {
  std::string path;                 // of a unix socket; empty: TCP on this machine
  bool v6 = false;                  // then [::1]
  std::uint32_t host = 0x7f000001;  // IPv4, in the order of the machine
  std::uint16_t port = 0;

  bool is_unix() const { return !path.empty(); }
  std::string text() const;
};

// "unix:///run/docker.sock", "/run/docker.sock", "tcp://127.0.0.1:2375". Code::invalid says what is wrong:
// another scheme, a host that is not this machine, a path that is too long for a socket.
Status read_address(std::string_view text, Address& address);

struct Places {
  std::vector<Address> all;
  bool chosen = false;  // by a person, in the configuration or DOCKER_HOST
  Status problem;       // why there is none
};

// The place that is configured, or that DOCKER_HOST names; else all where an engine of this user's or of the
// machine usually is, Docker's before podman's. `variable` gives a variable of the environment, or "".
Places find_places(std::string_view configured, const std::function<std::string(const char*)>& variable);

}  // namespace bus::docker
