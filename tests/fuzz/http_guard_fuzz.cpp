// The head of a request, and a chunked body, byte by byte and at once: both ways must say the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/http/chunked.h"
#include "core/http/guard.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

// Finds the end of the head while one byte after the other arrives.
bus::http::HeadEnd find_slowly(std::string_view bytes) {
  for (std::size_t n = 1; n <= bytes.size(); ++n) {
    const auto end = bus::http::find_head_end(bytes.substr(0, n), n - 1);
    if (end.state != bus::http::HeadEnd::incomplete) return end;
  }
  return {bus::http::HeadEnd::incomplete, 0};
}

void check_chunks(std::string_view body) {
  bus::http::ChunkDecoder fast;
  bus::http::ChunkDecoder slow;
  std::string fast_out;
  std::string slow_out;
  const std::size_t used = fast.feed(body, fast_out);
  for (const char c : body) slow.feed({&c, 1}, slow_out);
  check(used <= body.size() && fast_out.size() <= body.size());
  check(fast.state() == slow.state() && fast_out == slow_out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bus::http;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const HeadEnd end = find_head_end(input, 0);
  const HeadEnd slow = find_slowly(input);
  check(end.state == slow.state && end.size == slow.size);
  const auto read = read_head(end.state == HeadEnd::complete ? input.substr(0, end.size) : input);
  if (const auto* head = std::get_if<Head>(&read)) {
    check(end.state == HeadEnd::complete);
    check(is_token(head->method) && (head->path[0] == '/' || head->path == "*"));
    for (const HeaderView& header : head->headers) {
      check(is_token(header.name) &&
            header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    }
    if (head->body == BodyKind::chunked) check_chunks(input.substr(end.size));
  }
  check_chunks(input);
  return 0;
}
