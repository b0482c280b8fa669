#include "core/predicate/moment.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>

namespace bus::predicate {

namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kFirst = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kLast = 253'402'300'799;   // 9999-12-31T23:59:59Z

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// Takes `count` digits off the front of `text`; -1 if they are not there.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any) {
  if (text.empty() || any.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// ".123" as nanoseconds; nullopt if there is a dot without digits.
std::optional<std::uint32_t> take_fraction(std::string_view& text) {
  if (!take(text, ".")) return 0;
  std::uint32_t nanos = 0;
  std::uint32_t unit = 100'000'000;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    nanos += unit * static_cast<std::uint32_t>(text[digits] - '0');
    unit /= 10;
  }
  text.remove_prefix(digits);
  if (digits == 0) return std::nullopt;
  return nanos;
}

// "Z" or "+hh:mm", in seconds; nullopt if it is neither.
std::optional<int> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return 0;
  const bool west = text.starts_with('-');
  if (!take(text, "+-")) return std::nullopt;
  const int hours = take_digits(text, 2);
  if (!take(text, ":")) return std::nullopt;
  const int minutes = take_digits(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return (hours * 3600 + minutes * 60) * (west ? -1 : 1);
}

// The decimals of a second without the zeros at their end; empty if there are none.
std::string decimals(std::uint64_t nanos) {
  if (nanos == 0) return {};
  std::string text = fmt::format(".{:09}", nanos);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\u00b5s", 1'000},
                                         {"\u03bcs", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", kSecond},
                                         {"m", 60 * kSecond},
                                         {"h", 3600 * kSecond}}};

// One number with its unit, in nanoseconds; never negative.
std::optional<std::int64_t> take_part(std::string_view& text) {
  std::int64_t whole = 0;
  std::size_t digits = 0;
  const auto is_digit = [&] { return !text.empty() && text[0] >= '0' && text[0] <= '9'; };
  for (; is_digit(); text.remove_prefix(1), ++digits) {
    if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, text[0] - '0', &whole)) {
      return std::nullopt;
    }
  }
  double fraction = 0;
  if (take(text, ".")) {
    double unit = 0.1;
    for (; is_digit(); text.remove_prefix(1), ++digits, unit /= 10) fraction += unit * (text[0] - '0');
  }
  if (digits == 0) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    std::int64_t nanos = 0;
    const auto part = static_cast<std::int64_t>(std::llround(fraction * static_cast<double>(unit.nanos)));
    if (__builtin_mul_overflow(whole, unit.nanos, &nanos) || __builtin_add_overflow(nanos, part, &nanos)) {
      return std::nullopt;
    }
    return nanos;
  }
  return std::nullopt;
}

}  // namespace

bool in_range(std::int64_t seconds) {
  return seconds >= kFirst && seconds <= kLast;
}

Civil civil(std::int64_t seconds) {
  const std::int64_t days = floor_div(seconds, kDay);
  const auto rest = static_cast<int>(seconds - days * kDay);
  const sys_days day{std::chrono::days(days)};
  const year_month_day date{day};
  const sys_days new_year{date.year() / std::chrono::January / 1};
  Civil out;
  out.year = static_cast<int>(date.year());
  out.month = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  out.day = static_cast<int>(static_cast<unsigned>(date.day()));
  out.weekday = static_cast<int>(std::chrono::weekday(day).c_encoding());
  out.yearday = static_cast<int>((day - new_year).count());
  out.hour = rest / 3600;
  out.minute = rest / 60 % 60;
  out.second = rest % 60;
  return out;
}

std::int64_t start_of_year(int year) {
  return sys_days{std::chrono::year(year) / std::chrono::January / 1}.time_since_epoch().count() * kDay;
}

std::optional<Moment> parse_moment(std::string_view text) {
  const int year = take_digits(text, 4);
  if (!take(text, "-")) return std::nullopt;
  const int month = take_digits(text, 2);
  if (!take(text, "-")) return std::nullopt;
  const int day = take_digits(text, 2);
  if (!take(text, "Tt")) return std::nullopt;
  const int hour = take_digits(text, 2);
  if (!take(text, ":")) return std::nullopt;
  const int minute = take_digits(text, 2);
  if (!take(text, ":")) return std::nullopt;
  const int second = take_digits(text, 2);
  if (year < 0 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 59) {
    return std::nullopt;
  }
  const auto nanos = take_fraction(text);
  const auto offset = take_offset(text);
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!nanos || !offset || !text.empty() || !date.ok()) return std::nullopt;
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * kDay + ((hour * 60 + minute) * 60 + second - *offset);
  if (!in_range(seconds)) return std::nullopt;
  return Moment{seconds, *nanos};
}

std::string format_moment(Moment moment) {
  const Civil at = civil(moment.seconds);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", at.year, at.month + 1, at.day, at.hour,
                     at.minute, at.second, decimals(moment.nanos));
}

std::optional<Moment> add(Moment moment, std::int64_t nanoseconds) {
  const std::int64_t seconds = floor_div(nanoseconds, kSecond);
  const std::int64_t nanos = nanoseconds - seconds * kSecond + moment.nanos;
  Moment sum;
  sum.seconds = moment.seconds + seconds + nanos / kSecond;
  sum.nanos = static_cast<std::uint32_t>(nanos % kSecond);
  if (!in_range(sum.seconds)) return std::nullopt;
  return sum;
}

std::optional<std::int64_t> subtract(Moment a, Moment b) {
  std::int64_t span = 0;
  const std::int64_t nanos = static_cast<std::int64_t>(a.nanos) - b.nanos;
  if (__builtin_mul_overflow(a.seconds - b.seconds, kSecond, &span) ||
      __builtin_add_overflow(span, nanos, &span)) {
    return std::nullopt;
  }
  return span;
}

std::optional<std::int64_t> parse_span(std::string_view text) {
  const bool negative = text.starts_with('-');
  take(text, "+-");
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    const auto part = take_part(text);
    if (!part || __builtin_add_overflow(total, *part, &total)) return std::nullopt;
  }
  return negative ? -total : total;
}

std::string format_span(std::int64_t nanoseconds) {
  const std::uint64_t size = nanoseconds < 0 ? ~static_cast<std::uint64_t>(nanoseconds) + 1
                                             : static_cast<std::uint64_t>(nanoseconds);
  constexpr auto kUnit = static_cast<std::uint64_t>(kSecond);
  return fmt::format("{}{}{}s", nanoseconds < 0 ? "-" : "", size / kUnit, decimals(size % kUnit));
}

}  // namespace bus::predicate
