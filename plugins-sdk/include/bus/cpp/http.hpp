// C++ layer: requests to other servers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/cpp/host.hpp"
#include "bus/ext/http.h"

namespace bus {
inline namespace sdk {

// Asks, and is called with the answer. Used on the instance's thread only, between start and stop; the
// destructor cancels what is not answered.
class Http {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  struct Request {
    std::string url;
    std::string method = "GET";
    Headers headers = {};
    std::string body = {};
    std::string unix_socket = {};
    std::chrono::milliseconds timeout{30'000}, connect_timeout{5'000};
    std::uint64_t max_body = BUS_HTTP_BODY;
    std::uint32_t max_redirects = 5;
    std::uint32_t max_per_host = 1;
    bool public_only = false;               // no private addresses, but for those that are allowed:
    std::vector<std::string> allowed = {};  // addresses, networks ("10.1.0.0/16"), names of hosts
  };
  // Valid during the call.
  struct Answer {
    Status status;  // an error: there was no answer, and why
    int http = 0;   // HTTP status
    std::string_view body, url;
    const bus_http_answer* c = nullptr;

    // The first header of that name, without regard to case; empty if there is none.
    std::string_view header(std::string_view name) const {
      return find_header(c->headers, c->header_count, name);
    }
  };
  using Answered = std::function<void(const Answer& answer)>;

  explicit Http(Host host) : host_(host), table_(host.extension<bus_http>(BUS_EXT_HTTP)) {}
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;
  ~Http() { cancel_all(); }

  // Queues the request; `answered` is called once, later, unless it is cancelled. `id` (may be null) is for
  // cancel().
  Status send(const Request& request, Answered answered, std::uint64_t* id = nullptr) {
    if (table_ == nullptr) return {Code::unavailable, "the host asks no servers"};
    std::vector<bus_header> headers;
    headers.reserve(request.headers.size());
    for (const auto& [name, value] : request.headers) headers.push_back({sdk::text(name), sdk::text(value)});
    auto call = std::make_unique<Call>(Call{this, std::move(answered)});
    bus_http_request out{};
    out.size = sizeof out;
    out.max_redirects = request.max_redirects;
    out.method = sdk::text(request.method), out.url = sdk::text(request.url);
    out.unix_socket = sdk::text(request.unix_socket), out.body = sdk::text(request.body);
    out.headers = headers.data(), out.header_count = headers.size();
    out.timeout_us = static_cast<std::uint64_t>(request.timeout.count()) * 1000;
    out.connect_timeout_us = static_cast<std::uint64_t>(request.connect_timeout.count()) * 1000;
    out.max_body = request.max_body;
    out.max_per_host = request.max_per_host;
    std::vector<bus_text> allowed;
    allowed.reserve(request.allowed.size());
    for (const std::string& one : request.allowed) allowed.push_back(sdk::text(one));
    out.flags = request.public_only ? static_cast<std::uint32_t>(BUS_HTTP_PUBLIC_ONLY) : 0u;
    out.allowed_count = static_cast<std::uint32_t>(allowed.size()), out.allowed = allowed.data();
    out.argument = call.get();
    out.on_answer = &Http::answer;
    std::uint64_t made = 0;
    bus_error error = empty_error();
    const std::int32_t code = table_->send(host_.c()->self, &out, &made, &error);
    if (code != BUS_OK) return status_of(code, error);
    calls_.emplace(made, std::move(call));
    if (id != nullptr) *id = made;
    return {};
  }
  void cancel(std::uint64_t id) {
    if (calls_.erase(id) != 0) table_->cancel(host_.c()->self, id);
  }
  void cancel_all() {
    for (const auto& [id, call] : calls_) table_->cancel(host_.c()->self, id);
    calls_.clear();
  }
  std::size_t waiting() const { return calls_.size(); }

 private:
  struct Call {
    Http* self;
    Answered answered;
  };
  static void answer(void* argument, std::uint64_t id, const bus_http_answer* answer) noexcept {
    Http& self = *static_cast<Call*>(argument)->self;
    auto node = self.calls_.extract(id);  // the call may send again, or destroy us
    const Host host = self.host_;
    report_thrown(host, "an answer", [&] {
      Answer out{{}, answer->status, view(answer->body), view(answer->url), answer};
      if (answer->code != BUS_OK)
        out.status = Status(static_cast<Code>(answer->code), std::string(view(answer->message)));
      if (node.mapped()->answered) node.mapped()->answered(out);
    });
  }

  Host host_;
  const bus_http* table_;
  std::map<std::uint64_t, std::unique_ptr<Call>> calls_;
};

}  // namespace sdk
}  // namespace bus
