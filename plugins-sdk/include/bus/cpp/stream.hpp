// C++ layer: an answer that goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/cpp/host.hpp"
#include "bus/cpp/http.hpp"
#include "bus/ext/stream.h"

namespace bus {
inline namespace sdk {

// One stream at a time. Used on the instance's thread only, between start and stop; the destructor closes it.
class Stream {
 public:
  struct Request {
    std::string url;
    std::string method = "GET";
    Http::Headers headers = {};
    std::string upgrade = {};
    std::string unix_socket = {};
    std::chrono::milliseconds head_timeout{30'000}, connect_timeout{5'000};
  };
  struct Calls {
    std::function<void(const Http::Answer& head)> opened;
    std::function<void(std::string_view bytes)> data;
    std::function<void(const Status& why)> closed;  // ok: the server has ended it
  };

  explicit Stream(Host host) : host_(host), table_(host.extension<bus_stream>(BUS_EXT_STREAM)) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { close(); }

  // Replaces what was open before.
  Status open(const Request& request, Calls calls) {
    if (table_ == nullptr) return {Code::unavailable, "the host holds no streams"};
    close();
    std::vector<bus_header> headers;
    headers.reserve(request.headers.size());
    for (const auto& [name, value] : request.headers) headers.push_back({sdk::text(name), sdk::text(value)});
    bus_stream_request out{};
    out.size = sizeof out;
    out.method = sdk::text(request.method), out.url = sdk::text(request.url);
    out.unix_socket = sdk::text(request.unix_socket), out.upgrade = sdk::text(request.upgrade);
    out.headers = headers.data(), out.header_count = headers.size();
    out.connect_timeout_us = static_cast<std::uint64_t>(request.connect_timeout.count()) * 1000;
    out.head_timeout_us = static_cast<std::uint64_t>(request.head_timeout.count()) * 1000;
    out.argument = this;
    out.on_open = &Stream::opened, out.on_data = &Stream::data, out.on_close = &Stream::closed;
    bus_error error = empty_error();
    calls_ = std::make_shared<const Calls>(std::move(calls));
    return status_of(table_->open(host_.c()->self, &out, &id_, &error), error);
  }
  Status write(std::string_view bytes) {
    if (id_ == 0) return invalid("no stream is open");
    bus_error error = empty_error();
    return status_of(table_->write(host_.c()->self, id_, sdk::text(bytes), &error), error);
  }
  // Sends what was written and ends it; nothing is called any more.
  void close() {
    if (id_ != 0) table_->close(host_.c()->self, id_);
    id_ = 0;
  }
  bool active() const { return id_ != 0; }

 private:
  // Each call may close or replace this stream.
  static void opened(void* argument, std::uint64_t, const bus_http_answer* answer) noexcept {
    const auto& self = *static_cast<Stream*>(argument);
    const std::shared_ptr<const Calls> calls = self.calls_;
    report_thrown(self.host_, "a stream", [&] {
      if (calls->opened) calls->opened({{}, answer->status, {}, view(answer->url), answer});
    });
  }
  static void data(void* argument, std::uint64_t, bus_text bytes) noexcept {
    const auto& self = *static_cast<Stream*>(argument);
    const std::shared_ptr<const Calls> calls = self.calls_;
    report_thrown(self.host_, "a stream", [&] {
      if (calls->data) calls->data(view(bytes));
    });
  }
  static void closed(void* argument, std::uint64_t, std::int32_t code, bus_text message) noexcept {
    auto& self = *static_cast<Stream*>(argument);
    const std::shared_ptr<const Calls> calls = self.calls_;
    self.id_ = 0;
    report_thrown(self.host_, "a stream", [&] {
      const Status why =
          code == BUS_OK ? Status() : Status(static_cast<Code>(code), std::string(view(message)));
      if (calls->closed) calls->closed(why);
    });
  }

  Host host_;
  const bus_stream* table_;
  std::shared_ptr<const Calls> calls_;
  std::uint64_t id_ = 0;
};

}  // namespace sdk
}  // namespace bus
