#include "sources/github/websocket.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "sources/github/base64.h"

namespace bus::github {
namespace {

constexpr std::uint16_t kProtocolError = 1002, kBadText = 1007, kTooBig = 1009;
constexpr std::uint8_t kContinuation = 0;
constexpr std::size_t kMaxControl = 125;

bool is_control(std::uint8_t opcode) {
  return opcode >= 8;
}

// What a close frame may carry on the wire.
bool is_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

// The length of the UTF-8 sequence at the front; 0 if it is none.
std::size_t sequence(std::string_view text) {
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  }
  const std::uint8_t second = byte_at(text, 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

// How long a frame's header is, from its first two bytes.
std::size_t header_size(std::string_view header) {
  const unsigned length = byte_at(header, 1) & 0x7Fu;
  return length == 126 ? 4 : length == 127 ? 10 : 2;
}

}  // namespace

std::string websocket_key(const std::array<std::uint8_t, 16>& random) {
  return base64_encode({reinterpret_cast<const char*>(random.data()), random.size()});
}

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (::EVP_Digest(text.data(), text.size(), digest, &size, ::EVP_sha1(), nullptr) != 1) return {};
  return base64_encode({reinterpret_cast<const char*>(digest), size});
}

std::string websocket_frame(WebSocketKind kind, std::string_view payload,
                            const std::array<std::uint8_t, 4>& mask) {
  constexpr unsigned kMasked = 0x80;
  std::string out;
  out.reserve(payload.size() + 14);
  out += static_cast<char>(0x80u | static_cast<unsigned>(kind));
  if (payload.size() < 126) {
    out += static_cast<char>(kMasked | payload.size());
  } else if (payload.size() <= 0xFFFF) {
    out += static_cast<char>(kMasked | 126u);
    append_big_endian(out, payload.size(), 2);
  } else {
    out += static_cast<char>(kMasked | 127u);
    append_big_endian(out, payload.size(), 8);
  }
  out.append(reinterpret_cast<const char*>(mask.data()), mask.size());
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(byte_at(payload, i) ^ mask[i % mask.size()]);
  return out;
}

std::string websocket_close(std::uint16_t code, std::string_view reason,
                            const std::array<std::uint8_t, 4>& mask) {
  std::string payload;
  append_big_endian(payload, code, 2);
  payload += reason.substr(0, kMaxControl - 2);
  return websocket_frame(WebSocketKind::close, payload, mask);
}

std::optional<WebSocketMessage> WebSocketReader::next(std::string_view& bytes) {
  while (!failure_ && !closed_) {
    if (!in_payload_) {
      if (!read_header(bytes)) return std::nullopt;
      judge_header();
      if (failure_) break;
      begin_payload();
    }
    std::string& into = is_control(opcode_) ? control_ : message_;
    const std::string_view part =
        bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    into += part;
    bytes.remove_prefix(part.size());
    left_ -= part.size();
    if (left_ != 0) return std::nullopt;
    in_payload_ = false;
    if (auto message = end_frame()) return message;
  }
  bytes = {};
  return std::nullopt;
}

// True when the header is whole.
bool WebSocketReader::read_header(std::string_view& bytes) {
  while (header_.size() < 2 || header_.size() < header_size(header_)) {
    if (bytes.empty()) return false;
    header_ += bytes[0];
    bytes.remove_prefix(1);
  }
  return true;
}

void WebSocketReader::judge_header() {
  const std::uint8_t first = byte_at(header_, 0), second = byte_at(header_, 1);
  final_ = (first & 0x80) != 0;
  opcode_ = first & 0x0F;
  left_ = header_.size() == 2 ? second & 0x7Fu : big_endian(std::string_view(header_).substr(2));
  const bool shortest = header_.size() == 2 || left_ > (header_.size() == 4 ? 125u : 0xFFFFu);
  header_.clear();
  if ((first & 0x70) != 0) return fail(kProtocolError, "reserved bits are set");
  if ((second & 0x80) != 0) return fail(kProtocolError, "a server's frame is masked");
  if (!shortest || left_ > INT64_MAX) return fail(kProtocolError, "a length is not in its form");
  if (is_control(opcode_)) {
    if (opcode_ > 10) return fail(kProtocolError, "an unknown control frame");
    if (!final_ || left_ > kMaxControl)
      return fail(kProtocolError, "a control frame is in parts or too long");
    return;
  }
  if (opcode_ > 2) return fail(kProtocolError, "an unknown frame");
  if ((opcode_ == kContinuation) != (message_opcode_ != 0))
    return fail(kProtocolError, "the fragments of a message are out of order");
  if (left_ > max_message_ - message_.size()) return fail(kTooBig, "a message is too long");
}

void WebSocketReader::begin_payload() {
  in_payload_ = true;
  if (is_control(opcode_)) {
    control_.clear();
  } else if (opcode_ != kContinuation) {
    message_opcode_ = opcode_;
  }
}

std::optional<WebSocketMessage> WebSocketReader::end_frame() {
  if (is_control(opcode_)) return end_control();
  if (!final_) return std::nullopt;
  const auto kind = static_cast<WebSocketKind>(std::exchange(message_opcode_, std::uint8_t{0}));
  WebSocketMessage message{kind, std::exchange(message_, {}), 0};
  if (kind == WebSocketKind::text && !is_utf8(message.payload)) {
    fail(kBadText, "a text is not UTF-8");
    return std::nullopt;
  }
  return message;
}

std::optional<WebSocketMessage> WebSocketReader::end_control() {
  WebSocketMessage message{static_cast<WebSocketKind>(opcode_), std::exchange(control_, {}), 0};
  if (message.kind != WebSocketKind::close) return message;
  closed_ = true;
  message.close_code = kCloseNoStatus;
  if (message.payload.empty()) return message;
  if (message.payload.size() >= 2)
    message.close_code =
        static_cast<std::uint16_t>(big_endian(std::string_view(message.payload).substr(0, 2)));
  if (message.payload.size() < 2 || !is_close_code(message.close_code)) {
    fail(kProtocolError, "a close without a sound code");
    return std::nullopt;
  }
  message.payload.erase(0, 2);
  if (!is_utf8(message.payload)) {
    fail(kBadText, "a close's reason is not UTF-8");
    return std::nullopt;
  }
  return message;
}

}  // namespace bus::github
