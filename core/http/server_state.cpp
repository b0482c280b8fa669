#include "core/http/server_state.h"

#include <algorithm>
#include <string_view>

namespace bus::http {
namespace {

constexpr std::array<std::string_view, kReasons> kNames = {
    "bad_request", "header_too_large", "header_timeout", "idle",        "no_such_route",
    "method",      "body_too_large",   "body_timeout",   "body_memory", "write_timeout",
    "connections", "evicted",          "streams",        "other_user",  "accept"};

}  // namespace

ServerState::ServerState(Options given, Router& r, metrics::Registry& registry, const Clock& c)
    : options(std::move(given)), router(r), clock(c) {
  for (std::size_t i = 0; i < kReasons; ++i) {
    refusals[i] =
        registry.counter("bus_http_refused_total", "Requests and connections turned away, by reason.",
                         {{"reason", std::string(kNames[i])}});
  }
  accepted = registry.counter("bus_http_connections_accepted_total", "Connections taken.");
  auto connections = registry.gauge("bus_http_connections", "Open connections.");
  auto in_flight =
      registry.gauge("bus_http_requests_in_flight", "Complete requests that are not answered yet.");
  auto waiting = registry.gauge("bus_http_requests_waiting", "Complete requests that wait for a worker.");
  auto streaming = registry.gauge("bus_http_streams", "Streaming responses that are open.");
  auto memory = registry.gauge("bus_http_body_bytes", "Bytes of request bodies in memory.");
  hook_ = registry.on_scrape([=, this]() mutable {
    connections.set(static_cast<double>(open.load()));
    const std::size_t open_streams = streams;
    const std::size_t taken = dispatched;
    in_flight.set(static_cast<double>(taken - std::min(taken, open_streams)));
    waiting.set(static_cast<double>(queued.load()));
    streaming.set(static_cast<double>(open_streams));
    memory.set(static_cast<double>(body_bytes.load()));
  });
}

}  // namespace bus::http
