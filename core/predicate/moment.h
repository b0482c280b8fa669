// Timestamps and durations as CEL has them: nanoseconds, the years 0001 to 9999, RFC 3339 and "1h30m" as
// text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bus::predicate {

// A point in time. 0 <= nanos < 1e9, also before 1970.
struct Moment {
  std::int64_t seconds = 0;
  std::uint32_t nanos = 0;
};

// A moment's calendar, in some zone.
struct Civil {
  int year = 1970;
  int month = 0;    // January is 0
  int day = 1;      // of the month, the first is 1
  int weekday = 0;  // Sunday is 0
  int yearday = 0;  // January 1st is 0
  int hour = 0, minute = 0, second = 0;
};

// True within the years 0001 to 9999.
bool in_range(std::int64_t seconds);
Civil civil(std::int64_t seconds);
// Seconds since 1970 of the first moment of a year.
std::int64_t start_of_year(int year);

// RFC 3339 with Z or an offset; more than nine decimals are cut. nullopt: it is not that, or out of range.
std::optional<Moment> parse_moment(std::string_view text);
// In UTC, with as many decimals as there are: "2009-02-13T23:31:30.5Z".
std::string format_moment(Moment moment);
// `moment` + nanoseconds; nullopt out of range.
std::optional<Moment> add(Moment moment, std::int64_t nanoseconds);
// a - b in nanoseconds; nullopt if that is more than an int64.
std::optional<std::int64_t> subtract(Moment a, Moment b);

// A sign and numbers with units h m s ms us ns: "1h30m", "-1.5s". nullopt: it is not that, or beyond 292
// years.
std::optional<std::int64_t> parse_span(std::string_view text);
// Seconds with as many decimals as there are: "5400s", "-1.5s".
std::string format_span(std::int64_t nanoseconds);

}  // namespace bus::predicate
