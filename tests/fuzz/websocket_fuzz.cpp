// What a WebSocket's server sends: never a crash, bounded, and the same however the bytes come.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sources/github/relayed.h"
#include "sources/github/websocket.h"

namespace {

constexpr std::size_t kMost = 4096;

std::string read(std::string_view bytes, std::size_t step) {
  bus::github::WebSocketReader reader(kMost);
  std::string all;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::string_view part = bytes.substr(at, step);
    while (!part.empty()) {
      const auto message = reader.next(part);
      if (!message) continue;
      if (message->payload.size() > kMost) std::abort();
      all += std::to_string(static_cast<int>(message->kind)) + ":" + std::to_string(message->close_code) +
             ":" + message->payload + "\n";
    }
  }
  if (reader.failure()) all += "failed " + std::to_string(reader.failure()->code);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  const std::string whole = read(bytes, bytes.size());
  if (whole != read(bytes, 1) || whole != read(bytes, 3)) std::abort();
  const auto delivery = bus::github::read_forwarded(std::string(bytes));
  if (delivery && delivery->headers.size() > 32) std::abort();
  return 0;
}
