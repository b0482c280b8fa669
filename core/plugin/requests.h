// Requests: what an instance has asked other servers (bus.http/1) and is not answered yet.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "core/loop/runner.h"
#include "core/plugin/outbound.h"

namespace bus::plugin {

// Of the runner's thread.
class Requests {
 public:
  using Id = std::uint64_t;
  using Answered = std::function<void(Id, const Result<http::ClientResponse>&)>;

  // `hit` is told the name of a bound that was hit. Everything must outlive this.
  Requests(loop::Runner& runner, Outbound& outbound, std::function<void(std::string_view)> hit);
  ~Requests() { cancel_all(); }
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;

  // `answered` comes once, as a job of the runner, unless the request is cancelled before. Code::unavailable:
  // BUS_HTTP_MAX_REQUESTS are not answered yet.
  Result<Id> send(http::ClientRequest request, std::size_t per_host, Answered answered);
  void cancel(Id id);
  void cancel_all();

 private:
  struct Open {
    std::shared_ptr<http::Cancel> cancel;
    Answered answered;
  };
  void take(Id id, const Result<http::ClientResponse>& answer);

  loop::Runner& runner_;
  Outbound& outbound_;
  const std::function<void(std::string_view)> hit_;
  std::map<Id, Open> open_;
  Id last_ = 0;
};

}  // namespace bus::plugin
