// What a server's answer means for the events that it was sent. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bus::http {

struct Verdict {
  enum class What : std::uint8_t {
    taken,   // 2xx
    again,   // may work later: 408, 425, 429, 5xx
    person,  // not before somebody changes something: 401, 403, 407, a redirect
    never,   // not these events: every other 4xx
    gone,    // not any event: 410
  };
  What what = What::again;
  std::chrono::microseconds retry_after{0};  // not before; 0: it did not say
  std::string why;                           // "503 Service Unavailable"; empty if taken
};

// `retry_after` and `location` are the headers of that name, empty if they are not there.
Verdict judge(int status, std::string_view retry_after, std::string_view location, std::int64_t now_us);

// Seconds, or an HTTP date in any of its three forms; nullopt for anything else. A date that has passed is 0.
// At most a day.
std::optional<std::chrono::microseconds> read_retry_after(std::string_view text, std::int64_t now_us);

}  // namespace bus::http
