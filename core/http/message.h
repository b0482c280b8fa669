// What a handler is given and what it answers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace bus::http {

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// A complete request. The views are valid until the handler returns.
struct Request {
  std::string_view method;
  std::string_view path;   // as it was sent, without decoding; begins with '/'
  std::string_view query;  // as it was sent, without the '?'
  std::vector<HeaderView> headers;
  std::string body;  // byte for byte, chunks put together
  std::string peer;  // "127.0.0.1:4711", "unix:uid=1000"
  // True if it came over our unix socket, which only our own user can reach. A TCP peer is never local.
  bool is_local = false;

  // The first header of that name (names are compared without case).
  std::optional<std::string_view> header(std::string_view name) const;
  // The value of a query parameter, decoded ('+' is a space); nullopt if it is not there or not well encoded.
  std::optional<std::string> parameter(std::string_view name) const;
};

// The open end of a streaming response. write() is for the stream's own thread; closed() and on_close() for
// any.
class Sink {
 public:
  virtual ~Sink() = default;
  // Sends the bytes as they are, now. Waits for a slow client, at most as long as the server's write
  // deadline. False, and for good, once the client is gone or too slow, the route was removed or the server
  // stops.
  virtual bool write(std::string_view bytes) = 0;
  virtual bool closed() const = 0;
  // Calls `fn` once, when the stream closes from outside; at once if it is closed already. `fn` must not
  // block. After the stream's function has returned it is not called any more.
  virtual void on_close(std::function<void()> fn) = 0;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // more headers; no framing ones
  bool close = false;                                        // close the connection afterwards
  // A body that is written bit by bit instead of `body`. It runs on a thread of its own after the handler has
  // returned and may take as long as it likes; the response ends when it returns. See Options::max_streams.
  std::function<void(Sink&)> stream;
};

// The answer that a handler owes and gives later. Safe for concurrent use.
class Reply {
 public:
  virtual ~Reply() = default;
  // Sends the answer (no stream), without waiting for the client. The first one counts. False if nobody waits
  // any more: it was answered, the route's patience has ended, or the server has stopped.
  virtual bool send(Response response) = 0;
  virtual bool is_awaited() const = 0;
};

// {"error":{"code":…,"message":…,"hint":…}}, and the connection is closed. `hint` may be empty.
Response refuse(int status, std::string_view code, std::string_view message, std::string_view hint = {});
// The same for an Error, with the status that fits its code (invalid 400, denied 403, not_found 404, conflict
// 409, limit 429, unavailable and stopping 503, timeout 504, otherwise 500).
Response refuse(const Error& error);

// The standard's words for a status: "Not Found".
std::string_view reason(int status);

}  // namespace bus::http
