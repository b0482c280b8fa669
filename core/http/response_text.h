// The bytes of a response on the wire.
#pragma once

#include <string>

#include "core/base/clock.h"
#include "core/http/message.h"

namespace bus::http {

// How a response ends, and what the client is told about the connection.
struct Shape {
  enum Body { whole, none, chunked, to_the_end } body = whole;  // none: the answer to HEAD
  bool close = false;
  bool say_keep_alive = false;  // HTTP/1.0 has to be told
};

// Status line, headers, empty line, and the body if it is to be whole. Headers of the response that would
// break the framing (a line break in them, or Content-Length and its kin) are left out.
std::string write_response(const Response& response, Shape shape, Time now);

}  // namespace bus::http
