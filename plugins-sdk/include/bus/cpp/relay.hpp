// C++ layer: requests to the source's own routes that came another way.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/cpp/host.hpp"
#include "bus/cpp/http.hpp"
#include "bus/ext/relay.h"

namespace bus {
inline namespace sdk {

// Used on the instance's thread only, between start and stop; the destructor forgets what is not answered.
class Relay {
 public:
  struct Request {
    std::string_view path, body;
    Http::Headers headers = {};
    std::string_view method = "POST";
  };
  // HTTP status and JSON, valid during the call.
  using Answered = std::function<void(int http, std::string_view body)>;

  explicit Relay(Host host) : host_(host), table_(host.extension<bus_relay>(BUS_EXT_RELAY)) {}
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay() { forget_all(); }

  // `answered` is called once, later.
  Status pass(const Request& request, Answered answered) {
    if (table_ == nullptr) return {Code::unavailable, "the host takes no relayed requests"};
    std::vector<bus_header> headers;
    headers.reserve(request.headers.size());
    for (const auto& [name, value] : request.headers) headers.push_back({sdk::text(name), sdk::text(value)});
    bus_webhook_request out{};
    out.size = sizeof out;
    out.method = sdk::text(request.method), out.path = sdk::text(request.path);
    out.body = sdk::text(request.body);
    out.headers = headers.data(), out.header_count = headers.size();
    auto call = std::make_unique<Call>(Call{this, std::move(answered)});
    std::uint64_t made = 0;
    bus_error error = empty_error();
    const std::int32_t code = table_->pass(host_.c()->self, &out, &Relay::answer, call.get(), &made, &error);
    if (code == BUS_OK) calls_.emplace(made, std::move(call));
    return status_of(code, error);
  }
  void forget_all() {
    for (const auto& [id, call] : calls_) table_->forget(host_.c()->self, id);
    calls_.clear();
  }
  std::size_t waiting() const { return calls_.size(); }

 private:
  struct Call {
    Relay* self;
    Answered answered;
  };
  static void answer(void* argument, std::uint64_t id, const bus_relay_answer* answer) noexcept {
    Relay& self = *static_cast<Call*>(argument)->self;
    auto node = self.calls_.extract(id);  // the call may pass on more, or destroy us
    report_thrown(self.host_, "a relayed request", [&] {
      if (node.mapped()->answered) node.mapped()->answered(answer->status, view(answer->body));
    });
  }

  Host host_;
  const bus_relay* table_;
  std::map<std::uint64_t, std::unique_ptr<Call>> calls_;
};

}  // namespace sdk
}  // namespace bus
