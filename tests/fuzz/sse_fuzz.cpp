// What a smee channel sends: never a crash, bounded, and the same however the bytes come.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sources/github/relayed.h"
#include "sources/github/sse.h"

namespace {

constexpr std::size_t kMost = 4096;

std::string read(std::string_view bytes, std::size_t step) {
  bus::github::SseReader reader(kMost);
  std::string all;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::string_view part = bytes.substr(at, step);
    while (!part.empty()) {
      const auto event = reader.next(part);
      if (!event) continue;
      if (event->data.size() > kMost || event->event.empty()) std::abort();
      all += event->event + ":" + event->data + "\n";
    }
  }
  return all + reader.last_id() + (reader.failed() ? "!" : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  const std::string whole = read(bytes, bytes.size());
  // What is left of an event that fits is not the same when it failed in the middle of a line.
  if (!whole.ends_with('!') && (whole != read(bytes, 1) || whole != read(bytes, 3))) std::abort();
  const auto delivery = bus::github::read_smee(std::string(bytes));
  if (delivery && delivery->body.size() > size) std::abort();
  return 0;
}
