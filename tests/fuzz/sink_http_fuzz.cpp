// What a server answers, and what settings say of it, in sinks/http.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sinks/http/message.h"
#include "sinks/http/target.h"
#include "sinks/http/verdict.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bus::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto after = read_retry_after(text, 1'700'000'000'000'000);
  if (after && (after->count() < 0 || *after > std::chrono::hours(24))) std::abort();
  const int status = size < 2 ? 503 : data[0] * 4 + data[1] % 4;
  for (const char c : judge(status, text, text, 0).why) {
    if (c < ' ' || c == 0x7f) std::abort();
  }
  if (check_url(text).ok() && name_of(text).empty()) std::abort();
  bus::Http::Headers headers;
  if (read_headers({text}, headers).ok() && headers.size() != 1) std::abort();
  for (const char c : header_value(text)) {
    if (c <= ' ' || c >= 0x7f) std::abort();
  }
  return 0;
}
