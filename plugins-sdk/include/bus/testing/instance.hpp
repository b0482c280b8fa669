// For tests of a plugin: one instance, driven by hand through its C entry points, as a host would.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/plugin.h"
#include "bus/testing/host.hpp"
#include "bus/testing/records.hpp"

namespace bus::testing {

// A request at a webhook route, whose signature was right.
struct Request {
  std::string body;
  std::map<std::string, std::string> headers = {};
  std::string path = {};  // empty: that of the route
  std::string method = "POST", query = {};
  std::uint32_t route = 0;
};

// What a webhook or an intake answers.
struct Reply {
  std::int32_t code = BUS_OK;  // bus_code
  int status = 0;              // HTTP; 0: the host's own answer
  std::string body;            // JSON; of an intake its value
  std::string message;         // of an error
};

// What a sink answers to a batch.
struct Delivered {
  std::int32_t code = BUS_OK;
  std::uint32_t accepted = 0;
  std::uint64_t retry_after_us = 0;
  std::string message;
};

// One thread. The destructor ends the instance.
class Instance {
 public:
  Instance(const bus_plugin& plugin, FakeHost& host) : plugin_(plugin), host_(host) {
    error.size = sizeof error;
  }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() { end(); }

  // False: `error` says why.
  bool create() {
    error.code = BUS_OK, error.message[0] = '\0';
    host_.stopped = host_.over = stopped_ = false;
    if (plugin_.role == BUS_ROLE_SOURCE) {
      source_ = plugin_.create_source(host_.table(), &error);
      if (source_ == nullptr) return false;
      webhook = static_cast<const bus_webhook*>(offered(source_->self, BUS_EXT_WEBHOOK));
      intake = static_cast<const bus_intake*>(offered(source_->self, BUS_EXT_INTAKE));
      return true;
    }
    sink_ = plugin_.create_sink(host_.table(), &error);
    return sink_ != nullptr;
  }
  // bus_code. Creates it first if that was not done; `last_seq` is a sink's cursor, in and out.
  std::int32_t start() {
    if (!exists() && !create()) return error.code;
    host_.stopped = host_.over = stopped_ = false;
    return source_ != nullptr ? source_->start(source_->self, &error)
                              : sink_->start(sink_->self, &last_seq, &error);
  }
  // Timers, watches, programs and requests end with it, as they do in the host.
  void stop() {
    if (!exists()) return;
    stopped_ = true;
    source_ != nullptr ? source_->stop(source_->self) : sink_->stop(sink_->self);
    host_.stopped = host_.over = true;
    host_.abilities.end_all();
  }
  void destroy() {
    const bus_source* const source = std::exchange(source_, nullptr);
    const bus_sink* const sink = std::exchange(sink_, nullptr);
    webhook = nullptr, intake = nullptr;
    if (source != nullptr) source->destroy(source->self);
    if (sink != nullptr) sink->destroy(sink->self);
  }
  void end() {
    if (!stopped_) stop();
    destroy();
  }
  bool is_sink() const { return plugin_.role == BUS_ROLE_SINK; }
  bool exists() const { return source_ != nullptr || sink_ != nullptr; }

  const bus_webhook_route& route(std::uint32_t index) const {
    const char* rows = reinterpret_cast<const char*>(webhook->routes);
    return *reinterpret_cast<const bus_webhook_route*>(rows + std::size_t{index} * webhook->route_stride);
  }
  // REQUIRES: the source offers bus.webhook/1.
  Reply request(const Request& request) {
    const std::string path = request.path.empty() ? route(request.route).path : request.path;
    const std::vector<bus_header> headers = headers_of(request.headers);
    bus_webhook_request in{};
    in.size = sizeof in;
    in.route = request.route;
    in.method = text_of(request.method), in.path = text_of(path), in.query = text_of(request.query);
    in.headers = headers.data(), in.header_count = headers.size();
    in.body = text_of(request.body);
    in.received_us = host_.now_us;
    bus_webhook_reply out{};
    out.size = sizeof out;
    bus_error why{sizeof why, BUS_OK, {}};
    FakeHost::Callback callback(host_);
    const std::int32_t code = webhook->on_request(source_->self, &in, &out, &why);
    callback.good = code == BUS_OK;
    return {code, out.status, text_of(out.body), why.message};
  }
  // REQUIRES: the source offers bus.intake/1.
  Reply message(std::string_view json) {
    bus_intake_reply out{};
    out.size = sizeof out;
    bus_error why{sizeof why, BUS_OK, {}};
    FakeHost::Callback callback(host_);
    const std::int32_t code = intake->on_message(source_->self, text_of(json), &out, &why);
    callback.good = code == BUS_OK;
    return {code, 0, text_of(out.json), why.message};
  }
  // REQUIRES: it is a sink; there is at least one record. The batch lives until the next one.
  Delivered deliver(std::vector<StoredEvent> stored) {
    records_.reset();
    stored_ = std::move(stored);
    records_ = std::make_unique<const RecordArray>(stored_);
    bus_delivery out{};
    out.size = sizeof out;
    const std::int32_t code = sink_->deliver(sink_->self, records_->batch(), &out);
    return {code, out.accepted, out.retry_after_us, out.message};
  }

  bus_error error{};
  std::uint64_t last_seq = 0;
  const bus_webhook* webhook = nullptr;  // null: not offered, or not created
  const bus_intake* intake = nullptr;

 private:
  const void* offered(void* self, const char* id) const {
    return source_->get_extension == nullptr ? nullptr : source_->get_extension(self, id);
  }

  const bus_plugin& plugin_;
  FakeHost& host_;
  const bus_source* source_ = nullptr;
  const bus_sink* sink_ = nullptr;
  bool stopped_ = false;
  std::vector<StoredEvent> stored_;
  std::unique_ptr<const RecordArray> records_;
};

}  // namespace bus::testing
