// The client's side of WebSocket (RFC 6455), without extensions. Pure: bytes in, messages out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bus::github {

inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseAway = 1001;      // the server goes down, or moves us elsewhere
inline constexpr std::uint16_t kCloseNoStatus = 1005;  // a close frame without a code; never sent

// A value of Sec-WebSocket-Key from 16 random bytes, and the Sec-WebSocket-Accept that answers it.
std::string websocket_key(const std::array<std::uint8_t, 16>& random);
std::string websocket_accept(std::string_view key);

enum class WebSocketKind : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct WebSocketMessage {
  WebSocketKind kind = WebSocketKind::text;
  std::string payload = {};      // of a close: its reason
  std::uint16_t close_code = 0;  // of a close
};

// A frame of the client's: one whole message, masked. REQUIRES: a control message has at most 125 bytes.
std::string websocket_frame(WebSocketKind kind, std::string_view payload,
                            const std::array<std::uint8_t, 4>& mask);
// A close frame; the reason is cut to what fits.
std::string websocket_close(std::uint16_t code, std::string_view reason,
                            const std::array<std::uint8_t, 4>& mask);

// Reads what a server sends. Strict: whatever the RFC forbids ends it. Keeps no more than one message.
class WebSocketReader {
 public:
  // Of a message, put together from its fragments.
  explicit WebSocketReader(std::size_t max_message) : max_message_(max_message) {}

  // Takes bytes from the front of `bytes` until a message is whole, or all of them. Control messages come
  // between the fragments of others. After a close, or a failure, everything is passed over.
  std::optional<WebSocketMessage> next(std::string_view& bytes);

  // Why the connection has to be failed, and the code to close it with; nullopt if all is well.
  struct Failure {
    std::uint16_t code;
    std::string_view reason;
  };
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  bool read_header(std::string_view& bytes);
  void judge_header();
  void begin_payload();
  std::optional<WebSocketMessage> end_frame();
  std::optional<WebSocketMessage> end_control();
  void fail(std::uint16_t code, std::string_view reason) { failure_ = Failure{code, reason}; }

  const std::size_t max_message_;
  std::optional<Failure> failure_;
  bool closed_ = false;

  std::string header_;  // of the frame, so far
  bool in_payload_ = false;
  bool final_ = false;
  std::uint8_t opcode_ = 0;
  std::uint64_t left_ = 0;  // of the payload

  std::uint8_t message_opcode_ = 0;  // of the message that is being put together; 0: none is
  std::string message_;
  std::string control_;
};

}  // namespace bus::github
