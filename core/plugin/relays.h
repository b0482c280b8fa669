// Relays: the requests that a source has passed to its own routes (bus.relay/1) and that are not answered
// yet.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "core/http/message.h"
#include "core/loop/runner.h"

namespace bus::plugin {

// Of the runner's thread.
class Relays {
 public:
  using Id = std::uint64_t;
  using Answered = std::function<void(Id, const http::Response&)>;

  // `hit` is told the name of a bound that was hit. Everything must outlive this.
  Relays(loop::Runner& runner, std::function<void(std::string_view)> hit);
  Relays(const Relays&) = delete;
  Relays& operator=(const Relays&) = delete;

  // A place for an answer, and the way to it. `answered` comes once, as a job of the runner, unless it is
  // forgotten before. Code::unavailable: BUS_RELAY_MAX are not answered yet.
  struct Place {
    Id id;
    std::shared_ptr<http::Reply> reply;
  };
  Result<Place> add(Answered answered);
  void forget(Id id);
  void forget_all();

 private:
  class Way;
  void take(Id id, const http::Response& answer);

  loop::Runner& runner_;
  const std::function<void(std::string_view)> hit_;
  std::map<Id, Answered> open_;
  Id last_ = 0;
};

}  // namespace bus::plugin
