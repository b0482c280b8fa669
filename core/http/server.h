// The HTTP server: HTTP/1.1 on one TCP port and, if wanted, one unix socket.
//
// One admission thread reads requests and writes what slow clients have not taken yet; a worker gets a
// request only when it is complete, so that no client can hold one. Every bound below has a counter in
// METRICS.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/http/router.h"
#include "core/metrics/registry.h"

namespace bus::http {

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 9000;   // 0: any free one
  std::string unix_path = {};  // a socket of mode 0600 for our own user; empty: none

  std::size_t workers = 16;            // handlers at a time; at least one
  std::size_t max_connections = 2048;  // beyond: the oldest idle one is closed; if there is none, 503
  std::size_t max_streams = 64;        // streaming responses at a time; beyond: 503
  std::size_t max_header_bytes = 16u << 10;
  std::size_t max_body_memory = 64 << 20;  // of all requests that are being read; beyond: 503

  milliseconds header_deadline{5'000};    // from the first byte (or the connection) to the end of the headers
  milliseconds request_deadline{30'000};  // from the first byte to the end of the body
  milliseconds write_deadline{30'000};    // for a response, and for each write of a stream
  milliseconds keep_alive{60'000};        // how long a connection may be idle between requests
  milliseconds stop_grace{5'000};         // how long stop() waits for handlers
};

// start() and stop() are for one thread. The router, registry and clock must live longer.
class Server {
 public:
  Server(Options options, Router& router, metrics::Registry& registry, const Clock& clock);
  // Stops as stop() does. Handlers that have not ended by then are left behind with their threads and all
  // that the server holds; the router, registry and clock must live as long as the process then.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and begins to serve; returns the TCP port. Once only. Code::conflict if the port is taken.
  Result<std::uint16_t> start();

  // Takes no more connections, closes idle ones and streams, and waits for the handlers that run and their
  // answers. Safe without start(), and twice. Code::timeout says how many did not end in time; they go on.
  // Who waits for an answer that comes later is cut off then.
  Status stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bus::http
