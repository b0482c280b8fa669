// Where a request may go: the guard against being sent to a machine that only we can reach. Pure.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace bus::http {

struct Reach {
  // Only addresses of the internet: none of this machine, of private networks and links (where clouds keep
  // their metadata), or of no single host. False: everywhere.
  bool public_only = false;
  // What may be asked all the same: addresses, networks ("10.1.0.0/16") and names of hosts.
  std::vector<std::string> allowed = {};
};

// True for an address that the internet routes to one host. An IPv4 address inside of an IPv6 one is judged
// itself.
bool is_public(const sockaddr& address);

// `address` is one of `host`'s. Code::denied names both.
Status check_reach(const Reach& reach, std::string_view host, const sockaddr& address);
// The same for a host that is an address itself; Ok for a name, which somebody else looks up.
Status check_reach(const Reach& reach, const std::string& host);

}  // namespace bus::http
