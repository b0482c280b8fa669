// Times as test reports write them.
#pragma once

#include <cstdint>
#include <string_view>

namespace bus::pytest {

// RFC 3339 as µs since the Unix epoch; 0 if it is none, if it is before the epoch, or if it does not name its
// time zone: then nobody knows what it means.
std::int64_t parse_time_us(std::string_view text);

}  // namespace bus::pytest
