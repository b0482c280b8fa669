// Streams: the answers that go on (bus.stream/1) of one instance.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/loop/runner.h"
#include "core/plugin/outbound.h"
#include "core/plugin/wire.h"

namespace bus::plugin {

// Of the runner's thread.
class Streams {
 public:
  using Id = std::uint64_t;
  // Each is a job of the runner; none comes once the stream is closed.
  struct Calls {
    std::function<void(Id, const http::ClientResponse&)> opened;
    std::function<void(Id, std::string_view)> heard;
    std::function<void(Id, const Status&)> over;
  };

  // `hit` is told the name of a bound that was hit. Everything must outlive this.
  Streams(loop::Runner& runner, Outbound& outbound, std::function<void(std::string_view)> hit);
  ~Streams() { cancel_all(); }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  // Code::unavailable: there are BUS_STREAM_MAX.
  Result<Id> open(http::ClientRequest request, std::string upgrade, Calls calls);
  // Code::invalid: no such stream, or not one that goes on in another protocol; Code::unavailable: no room.
  Status write(Id id, std::string_view bytes);
  void close(Id id);
  void cancel_all();

 private:
  struct Open {
    std::shared_ptr<Wire> wire;
    std::shared_ptr<const Calls> calls;  // a call may close its own stream
    bool upgraded = false;
  };
  Wire::Ears ears_of(Id id, const std::shared_ptr<Wire>& wire);
  void take_head(Id id, const http::ClientResponse& head);
  void take(Id id, std::string_view bytes);
  void take_end(Id id, const Status& why);

  loop::Runner& runner_;
  Outbound& outbound_;
  const std::function<void(std::string_view)> hit_;
  std::map<Id, Open> open_;
  Id last_ = 0;
};

}  // namespace bus::plugin
