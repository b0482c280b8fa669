#include "core/wire/frame.h"

namespace bus::wire {
namespace {

std::size_t body_size(std::string_view header) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < kHeader; ++i) size = size << 8 | static_cast<std::uint8_t>(header[i]);
  return size;
}

// Takes complete frames off the front of `bytes`.
Status cut(std::string_view& bytes, std::size_t most, const std::function<bool(std::string_view)>& take) {
  while (bytes.size() >= kHeader) {
    const std::size_t size = body_size(bytes);
    if (size == 0) return error(Code::invalid, "a frame of length 0");
    if (size > most) {
      return error(Code::limit,
                   "a frame of " + std::to_string(size) + " bytes; " + std::to_string(most) + " is the most");
    }
    if (bytes.size() < kHeader + size) break;
    const std::string_view body = bytes.substr(kHeader, size);
    bytes.remove_prefix(kHeader + size);
    if (!take(body)) break;
  }
  return Ok{};
}

}  // namespace

void append_header(std::string& out, std::size_t size) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xFF);
}

std::string frame(std::string_view body) {
  std::string out;
  out.reserve(kHeader + body.size());
  append_header(out, body.size());
  out += body;
  return out;
}

Status Decoder::feed(std::string_view bytes, const std::function<bool(std::string_view)>& take) {
  if (kept_.empty()) {
    if (Status done = cut(bytes, most_, take); !done) return done;
    kept_.assign(bytes);
    return Ok{};
  }
  kept_ += bytes;
  std::string_view rest = kept_;
  Status done = cut(rest, most_, take);
  if (rest.empty()) {
    kept_ = {};  // an idle connection holds no buffer
  } else {
    kept_.erase(0, kept_.size() - rest.size());
  }
  return done;
}

}  // namespace bus::wire
