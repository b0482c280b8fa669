// TZif (RFC 8536): the binary form of a time zone, and the rule for the time after its last entry.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace bus::predicate {

// When daylight saving begins or ends, each year.
struct ZoneRule {
  enum class Form : std::uint8_t { month_week_day, julian, day_of_year };
  Form form = Form::month_week_day;
  int month = 1, week = 1, day = 0;  // day: of the week, or the day of the year for the other forms
  std::int32_t time = 7200;          // seconds after midnight, local time before the change
};

// The footer of a file: the offsets that hold after the last change in it.
struct ZoneTail {
  std::int32_t standard = 0;
  std::int32_t daylight = 0;
  bool changes = false;
  ZoneRule begin, end;  // of daylight saving, if it changes

  std::int32_t offset(std::int64_t seconds) const;
};

struct Zone {
  struct Change {
    std::int64_t at = 0;  // seconds since 1970
    std::int32_t offset = 0;
  };
  std::int32_t first = 0;  // before the first change
  std::vector<Change> changes;
  std::optional<ZoneTail> tail;

  std::int32_t offset(std::int64_t seconds) const;
};

// nullopt if the bytes are no TZif file.
std::optional<Zone> parse_tzif(std::string_view bytes);
// A POSIX TZ string as it stands in the footer: "CET-1CEST,M3.5.0,M10.5.0/3".
std::optional<ZoneTail> parse_zone_tail(std::string_view text);

}  // namespace bus::predicate
