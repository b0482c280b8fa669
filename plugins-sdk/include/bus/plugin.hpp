// C++20 layer over the C interface, header-only: derive from Source or Sink, add the abilities you have by
// deriving from their classes as well, and export with one line. What is thrown out of a call becomes
// BUS_FAULT with its text.
//
//   class Hello final : public bus::Source {
//    public:
//     static constexpr bus::PluginInfo info{"hello", "1.0.0", "Says hello once."};
//     static constexpr const char* event_types[] = {"greeting"};
//     static constexpr bus_option options[] = {bus::option("who", BUS_OPT_STRING, "Whom to greet.",
//     "world")}; Hello(bus::Host host, const bus::Settings& settings); bus::Status start() override; void
//     stop() noexcept override;
//   };
//   BUS_SOURCE_PLUGIN(Hello)
//
// The constructor checks settings, touches nothing outside, and throws bus::Failure for a wrong one.
// `options` and, for sinks, `event_types` may be left out. Threads are those of the C headers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/cpp/authentication.hpp"
#include "bus/cpp/delivery.hpp"
#include "bus/cpp/event.hpp"
#include "bus/cpp/expr.hpp"
#include "bus/cpp/fd.hpp"
#include "bus/cpp/form.hpp"
#include "bus/cpp/host.hpp"
#include "bus/cpp/http.hpp"
#include "bus/cpp/program.hpp"
#include "bus/cpp/relay.hpp"
#include "bus/cpp/stores.hpp"
#include "bus/cpp/stream.hpp"
#include "bus/cpp/text.hpp"
#include "bus/plugin.h"

namespace bus {
inline namespace sdk {

struct PluginInfo {
  const char* name;
  const char* version;
  const char* summary;
};

// A row of the option table.
constexpr bus_option option(const char* name, bus_option_type type, const char* help,
                            const char* default_value = nullptr, std::uint32_t flags = 0,
                            const char* choices = nullptr) {
  return {name, default_value, help, type, flags, choices};
}

// A way in by POST; the fields that only some schemes have are set in what it returns. The texts must live as
// long as the source.
constexpr bus_webhook_route webhook_route(const char* path, bus_signature signature, const char* secret,
                                          std::uint64_t body_cap = 0) {
  bus_webhook_route route{};
  route.path = path;
  route.methods = "POST";
  route.body_cap = body_cap;
  route.signature = signature;
  route.secret = secret;
  return route;
}

class Source {
 public:
  virtual ~Source() = default;
  // Opens things and begins. On failure nothing stays open.
  virtual Status start() = 0;
  // Safe without start, and twice. After it returns nothing is emitted.
  virtual void stop() noexcept = 0;
};

struct WebhookRequest {
  std::uint32_t route = 0;  // index in routes()
  std::string_view method, path, query, body;
  std::int64_t received_us = 0;
  const bus_webhook_request* c = nullptr;

  // The first header of that name, without regard to case; empty if there is none.
  std::string_view header(std::string_view name) const {
    return find_header(c->headers, c->header_count, name);
  }
};

struct WebhookReply {
  Status status;     // an error: what was posted is dropped, and the sender gets its message
  int http = 0;      // 0: the host's own answer, 202 or 200
  std::string body;  // JSON, with `http`
};

// Deriving from this as well is how a source offers webhooks.
class WebhookSource {
 public:
  virtual ~WebhookSource() = default;
  // The routes; text in it must live as long as the source. Asked once, after the constructor.
  virtual std::vector<bus_webhook_route> routes() = 0;
  // `post` what the request means and return without waiting.
  virtual WebhookReply on_request(const WebhookRequest& request) = 0;
};

struct IntakeReply {
  Status status;
  std::string json;  // one JSON value; empty: none
};

// Deriving from this as well is how a source takes messages of local clients.
class IntakeSource {
 public:
  virtual ~IntakeSource() = default;
  // `post` what the message means and return without waiting.
  virtual IntakeReply on_message(std::string_view json) = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Opens things. last_seq comes in as the host's cursor; set it if the sink knows its own place.
  virtual Status start(std::uint64_t& last_seq) = 0;
  virtual Delivery deliver(const Batch& batch) = 0;
  // Safe without start, and twice.
  virtual void stop() noexcept = 0;
};

}  // namespace sdk
}  // namespace bus

#include "bus/cpp/thunks.hpp"

// Exports `Class` as this library's plugin. Once in a library, outside of any namespace.
#define BUS_SOURCE_PLUGIN(Class)                                    \
  extern "C" constexpr BUS_PLUGIN_EXPORT bus_plugin bus_plugin_v1 = \
      ::bus::sdk::detail::source_descriptor<Class>();
#define BUS_SINK_PLUGIN(Class)                                      \
  extern "C" constexpr BUS_PLUGIN_EXPORT bus_plugin bus_plugin_v1 = \
      ::bus::sdk::detail::sink_descriptor<Class>();
