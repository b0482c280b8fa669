// Where an answer sends a request on to, and what may go there. Pure.
#pragma once

#include <optional>

#include "core/base/result.h"
#include "core/http/client.h"

namespace bus::http {

// The next request if `answer` is a redirect, nullopt if it is an answer. 303, and 301 and 302 for POST,
// become GET without a body. To another scheme, host or port go only the headers that cannot be a secret
// (Accept, User-Agent, Content-Type, conditions): never Authorization, cookies or tokens of any name.
// Code::denied: from https to anything else; Code::invalid: to what is no http(s) URL.
Result<std::optional<ClientRequest>> redirected(const ClientRequest& asked, const ClientResponse& answer);

}  // namespace bus::http
