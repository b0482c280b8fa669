// One client of the socket and its subscriptions. Private to core/fanout; lives on the server's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/base/unique_fd.h"
#include "core/fanout/hub.h"
#include "core/fanout/output.h"
#include "core/wire/frame.h"
#include "core/wire/protocol1.h"

namespace bus::fanout {

struct Subscription {
  std::optional<wire::protocol1::Subscribe> protocol1;  // set: a subscriber of protocol 1, and what it wants
  std::int64_t sub = 0;
  std::string prefix;  // of its event frames
  bool data = true;
  bool announced = false;  // caught_up was sent
  bool queued = false;     // waits in the loop's list of those to pump
  std::unique_ptr<Reader> reader;
};

struct Connection {
  explicit Connection(UniqueFd fd_) : fd(std::move(fd_)) {}

  UniqueFd fd;
  std::uint64_t number = 0;
  wire::Decoder in;
  Output out;
  std::map<std::int64_t, std::shared_ptr<Subscription>> subscriptions;
  std::size_t open_requests = 0;  // not answered yet
  std::size_t open_bytes = 0;     // of their frames
  std::uint32_t watched = 0;      // epoll's events for this connection
  bool greeted = false;           // its first frame was good
  bool protocol1 = false;         // speaks protocol 1: it has subscribed and asks nothing more
  bool closing = false;           // closes when `out` is written
  bool dirty = false;             // has output that was not tried yet

  static constexpr std::size_t kOpenRequests = 256;
  static constexpr std::size_t kOpenBytes = 8u << 20;
  static constexpr std::size_t kOutputBytes = 512u << 10;  // beyond: subscriptions wait for the peer

  bool may_read() const { return !closing && open_requests < kOpenRequests && open_bytes < kOpenBytes; }
  bool may_pump() const { return !closing && out.bytes() < kOutputBytes; }
};

}  // namespace bus::fanout
