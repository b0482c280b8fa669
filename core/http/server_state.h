// What all parts of one server share: its options, its counters and its totals. For this folder only.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

#include "core/base/clock.h"
#include "core/http/later.h"
#include "core/http/server.h"
#include "core/metrics/registry.h"

namespace bus::http {

// Why a request or a connection was turned away; the labels of bus_http_refused_total.
enum class Reason {
  bad_request,
  header_too_large,
  header_timeout,
  idle,
  no_such_route,
  method,
  body_too_large,
  body_timeout,
  body_memory,
  write_timeout,
  connections,
  evicted,
  streams,
  other_user,
  accept,
};
inline constexpr std::size_t kReasons = 15;

// Safe for concurrent use.
struct ServerState {
  ServerState(Options options, Router& router, metrics::Registry& registry, const Clock& clock);

  void refused(Reason reason) { refusals[static_cast<std::size_t>(reason)].add(); }
  Mono now() const { return clock.monotonic(); }

  const Options options;
  Router& router;
  const Clock& clock;
  std::array<metrics::Counter, kReasons> refusals;
  metrics::Counter accepted;
  std::shared_ptr<ReplyDesk> desk;  // set before the first request

  std::atomic<std::size_t> open = 0;        // connections
  std::atomic<std::size_t> dispatched = 0;  // of them, given to a worker or a stream
  std::atomic<std::size_t> queued = 0;      // of them, not yet taken up by a worker
  std::atomic<std::size_t> streams = 0;     // of them, streaming
  std::atomic<std::size_t> body_bytes = 0;  // of bodies that are in memory

 private:
  metrics::ScrapeHook hook_;
};

}  // namespace bus::http
