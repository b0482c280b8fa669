// From a request to its target and the head that is sent. Pure. For this folder only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/http/client.h"

namespace bus::http {

// Where a request goes.
struct Target {
  bool tls = false;
  std::string host;  // an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string authority;  // as in the Host header
  std::string path;       // with the query
};

// Code::invalid for what is no http(s) URL, or names a user.
Result<Target> read_target(const ClientRequest& request);
// Code::invalid for a malformed method or header, or one that frames the message.
Status check_headers(const ClientRequest& request);
// For messages: without the path and the query, which may hold a secret.
std::string name_of_host(const ClientRequest& request);

// The head of the message. `proxy`: the one that is asked in place of the target, if it is not asked for a
// tunnel. `upgrade`: the protocol to go on in; empty: none.
std::string head_of(const ClientRequest& request, const Target& target, const std::optional<Proxy>& proxy,
                    const std::string& upgrade = {});

}  // namespace bus::http
