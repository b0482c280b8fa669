#include "sources/pytest/times.h"

#include <chrono>
#include <optional>

namespace bus::pytest {
namespace {

// Takes a fixed number of digits from the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

// A number behind one of these characters.
std::optional<int> take_after(std::string_view& text, std::string_view marks, std::size_t digits) {
  if (text.empty() || marks.find(text[0]) == std::string_view::npos) return std::nullopt;
  text.remove_prefix(1);
  return take_number(text, digits);
}

std::optional<std::int64_t> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  const auto month = take_after(text, "-", 2);
  const auto day = take_after(text, "-", 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * 86400;
}

std::optional<std::int64_t> take_clock(std::string_view& text) {
  const auto hour = take_after(text, "Tt ", 2);
  const auto minute = take_after(text, ":", 2);
  const auto second = take_after(text, ":", 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return (*hour * 60 + *minute) * 60 + *second;
}

// µs; digits behind the sixth are dropped.
std::int64_t take_fraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') return 0;
  text.remove_prefix(1);
  std::int64_t us = 0;
  for (std::int64_t unit = 100'000; !text.empty() && text[0] >= '0' && text[0] <= '9'; unit /= 10) {
    us += (text[0] - '0') * unit;
    text.remove_prefix(1);
  }
  return us;
}

// Seconds east of UTC; all of the text must be it.
std::optional<int> take_zone(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  const int sign = text.starts_with('-') ? -1 : 1;
  const auto hours = take_after(text, "+-", 2);
  const auto minutes = take_after(text, ":", 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59 || !text.empty()) return std::nullopt;
  return sign * (*hours * 60 + *minutes) * 60;
}

}  // namespace

std::int64_t parse_time_us(std::string_view text) {
  const auto date = take_date(text);
  if (!date) return 0;
  const auto clock = take_clock(text);
  if (!clock) return 0;
  const std::int64_t fraction = take_fraction(text);
  const auto zone = take_zone(text);
  if (!zone) return 0;
  const std::int64_t us = (*date + *clock - *zone) * 1'000'000 + fraction;
  return us > 0 ? us : 0;
}

}  // namespace bus::pytest
