// A response, byte by byte and at once: both ways must say the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/http/answer_reader.h"

namespace {

constexpr std::size_t kMaxBody = 4096;

// The response in one line, or why there is none.
std::string read(std::string_view bytes, std::size_t step, bool no_body) {
  bus::http::AnswerReader reader(no_body, kMaxBody);
  bool complete = false;
  while (!complete && !bytes.empty()) {
    const auto fed = reader.feed(bytes.substr(0, step));
    bytes.remove_prefix(step < bytes.size() ? step : bytes.size());
    if (!fed) return fed.error().message;
    complete = *fed;
  }
  if (!complete && !reader.end().ok()) return "cut";
  const bus::http::ClientResponse response = reader.take();
  if (response.body.size() > kMaxBody || response.status < 100 || response.status > 599) std::abort();
  std::string out = std::to_string(response.status);
  for (const auto& [name, value] : response.headers) {
    if (value.find_first_of("\r\n") != std::string::npos) std::abort();
    out.append("|").append(name).append("=").append(value);
  }
  return out + "|" + response.body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const bool no_body : {false, true}) {
    if (read(input, size + 1, no_body) != read(input, 1, no_body)) std::abort();
  }
  return 0;
}
