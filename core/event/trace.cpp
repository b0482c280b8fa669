#include "core/event/trace.h"

#include <sys/random.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace bus::event {
namespace {

constexpr std::size_t kLength = 55;
constexpr std::size_t kTraceAt = 3, kTraceLength = 32;
constexpr std::size_t kSpanAt = 36, kSpanLength = 16;
constexpr std::size_t kFlagsAt = 53;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

template <std::size_t N>
std::string random_hex() {
  std::array<char, N> bytes{};
  // Blocks only before the machine has gathered its first randomness; never short for so few bytes.
  while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
  }
  bytes[N - 1] = static_cast<char>(bytes[N - 1] | 1);  // never all zeros
  return hex(std::string_view(bytes.data(), bytes.size()));
}

}  // namespace

bool is_traceparent(std::string_view text) {
  return text.size() == kLength && text.starts_with("00-") && text[kSpanAt - 1] == '-' &&
         text[kFlagsAt - 1] == '-' && is_hex(trace_id(text)) && is_hex(span_id(text)) &&
         is_hex(text.substr(kFlagsAt)) && !is_zero(trace_id(text)) && !is_zero(span_id(text));
}

std::string_view trace_id(std::string_view traceparent) {
  return traceparent.substr(kTraceAt, kTraceLength);
}

std::string_view span_id(std::string_view traceparent) {
  return traceparent.substr(kSpanAt, kSpanLength);
}

std::string new_traceparent(std::string_view parent) {
  const bool goes_on = is_traceparent(parent);
  std::string out = "00-";
  out += goes_on ? std::string(trace_id(parent)) : random_hex<kTraceLength / 2>();
  out += "-" + random_hex<kSpanLength / 2>() + "-";
  out += goes_on ? parent.substr(kFlagsAt) : "01";
  return out;
}

}  // namespace bus::event
