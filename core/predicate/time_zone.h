// Time zones by name, read from the machine's zoneinfo files. Fixed offsets need no file.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bus::predicate {

// Seconds that a zone is ahead of UTC at that moment (seconds since 1970). `zone` is "UTC", an offset such as
// "+02:00",
// "-5:30" or "02:00", or a name of the IANA database. nullopt: there is no such zone.
//
// Safe for concurrent use. A zone's file is read once and kept; at most 64 are.
std::optional<std::int32_t> zone_offset(std::string_view zone, std::int64_t seconds);

}  // namespace bus::predicate
