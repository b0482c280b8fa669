// A WebSocket to a server: the handshake, keep-alive and closing around WebSocketReader.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bus/plugin.hpp"
#include "sources/github/websocket.h"

namespace bus::github {

// One connection at a time. Used on the instance's thread only, between start and stop; ~WebSocket closes it.
class WebSocket {
 public:
  struct Calls {
    std::function<void()> opened;
    std::function<void(const std::string& text)> message;  // text or binary
    // It is over; `http` is the server's status if it refused the handshake, else 0.
    std::function<void(const std::string& why, int http)> closed;
  };

  // When so long nothing came the server is asked for a sign of life; without one it is given up.
  static constexpr std::chrono::seconds kQuiet{45};

  WebSocket(Host host, std::size_t max_message);

  // `url`: ws(s)://… or http(s)://…. Replaces what was open before, without a call.
  Status open(std::string_view url, Http::Headers headers, Calls calls);
  // Code::unavailable: the server does not read.
  Status send(std::string_view text);
  // Says goodbye; nothing is called any more.
  void close();
  bool active() const { return stream_.active(); }

 private:
  void take_head(const Http::Answer& head);
  void take(std::string_view bytes);
  void take_message(const WebSocketMessage& message);
  void look();
  // Ends it from this side, and says so to both.
  void fail(std::uint16_t code, std::string_view why);
  void over(const std::string& why, int http);

  Host host_;
  const std::size_t max_message_;
  Stream stream_;
  Timer alive_;
  Calls calls_;
  std::optional<WebSocketReader> reader_;  // once the handshake is done
  std::string key_;
  bool heard_ = false, asked_ = false;  // since the last look
};

}  // namespace bus::github
