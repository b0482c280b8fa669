// Times and durations as text: RFC 3339 in UTC, and durations such as "45s", "1h30m", "250ms".
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace bus {
inline namespace base {

// "2026-11-20T08:00:00.123456Z", always with six decimals.
std::string format_time(Time time);
// Appends the same 27 characters.
void append_time(std::string& out, Time time);
// Any RFC 3339 time with an offset or Z, years 0001 to 9999; more than six decimals are cut.
Result<Time> parse_time(std::string_view text);

// A sequence of number+unit (d h m s ms us), numbers may have decimals: "1h30m", "1.5s". A bare number is
// seconds. Never negative, at most 100 years.
Result<microseconds> parse_duration(std::string_view text);
// The shortest text that parse_duration reads back: "45s", "1h30m", "250ms", "0s".
std::string format_duration(microseconds duration);

}  // namespace base
}  // namespace bus
