// Frames of the socket: a 4-byte big-endian length, then that many bytes of UTF-8 JSON. PROTOCOL.md has the
// rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace bus::wire {

inline constexpr std::size_t kHeader = 4;
inline constexpr std::size_t kMaxFrame = 16u << 20;      // from a client
inline constexpr std::size_t kMaxHostFrame = 64u << 20;  // from the host: an event may carry 32 MiB of data

// The four bytes in front of a body of that size. REQUIRES: size <= kMaxHostFrame.
void append_header(std::string& out, std::size_t size);
// Header and body.
std::string frame(std::string_view body);

// Cuts a byte stream into frames. Keeps only what is incomplete.
class Decoder {
 public:
  explicit Decoder(std::size_t most = kMaxFrame) : most_(most) {}

  // Calls `take` with the body of each frame that `bytes` completes; the body is valid during the call. Stops
  // early, and keeps the rest, when `take` answers false; feed({}) goes on. Code::invalid for a frame of
  // length 0, Code::limit for one that is too long: the stream cannot be read any further then.
  Status feed(std::string_view bytes, const std::function<bool(std::string_view body)>& take);

  // Bytes kept of an incomplete frame.
  std::size_t pending() const { return kept_.size(); }

 private:
  std::size_t most_;
  std::string kept_;
};

}  // namespace bus::wire
