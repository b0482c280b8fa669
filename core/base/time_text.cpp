#include "core/base/time_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace bus {
inline namespace base {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

// Civil-calendar conversions after Howard Hinnant's public-domain algorithms (chrono-Compatible Low-Level
// Date Algorithms), as std::chrono does them.
using std::chrono::sys_days;
using std::chrono::year_month_day;

void put(char*& at, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  at += digits;
}

bool digits(std::string_view text, std::size_t at, std::size_t count, int& out) {
  if (at + count > text.size()) return false;
  out = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  return true;
}

struct Unit {
  std::string_view name;
  double us;
};
constexpr std::array<Unit, 6> kUnits = {
    {{"ms", 1e3}, {"us", 1}, {"d", 86'400e6}, {"h", 3'600e6}, {"m", 60e6}, {"s", 1e6}}};

}  // namespace

void append_time(std::string& out, Time time) {
  std::int64_t days = time.us / kDay;
  std::int64_t rest = time.us % kDay;
  if (rest < 0) rest += kDay, --days;
  const year_month_day date{sys_days(std::chrono::days(days))};
  const auto second = static_cast<unsigned>(rest / kSecond);
  std::array<char, 27> text;
  char* at = text.data();
  put(at, static_cast<unsigned>(static_cast<int>(date.year())), 4), *at++ = '-';
  put(at, static_cast<unsigned>(date.month()), 2), *at++ = '-';
  put(at, static_cast<unsigned>(date.day()), 2), *at++ = 'T';
  put(at, second / 3600, 2), *at++ = ':';
  put(at, second / 60 % 60, 2), *at++ = ':';
  put(at, second % 60, 2), *at++ = '.';
  put(at, static_cast<unsigned>(rest % kSecond), 6), *at++ = 'Z';
  out.append(text.data(), text.size());
}

std::string format_time(Time time) {
  std::string out;
  append_time(out, time);
  return out;
}

Result<Time> parse_time(std::string_view text) {
  const auto bad = [&] {
    return error(Code::invalid, "not an RFC 3339 time: '" + std::string(text.substr(0, 40)) + "'",
                 "write it like 2026-11-20T08:00:00Z");
  };
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (text.size() < 20 || !digits(text, 0, 4, year) || text[4] != '-' || !digits(text, 5, 2, month) ||
      text[7] != '-' || !digits(text, 8, 2, day) || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') ||
      !digits(text, 11, 2, hour) || text[13] != ':' || !digits(text, 14, 2, minute) || text[16] != ':' ||
      !digits(text, 17, 2, second)) {
    return bad();
  }
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1 || hour > 23 || minute > 59 || second > 60) return bad();
  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    std::int64_t unit = kSecond;
    const std::size_t start = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      unit /= 10;
      fraction += unit * (text[at] - '0');
    }
    if (at == start) return bad();
  }
  std::int64_t offset = 0;
  if (at + 1 == text.size() && (text[at] == 'Z' || text[at] == 'z')) {
    ++at;
  } else {
    int hours = 0, minutes = 0;
    if (at + 6 != text.size() || (text[at] != '+' && text[at] != '-') || !digits(text, at + 1, 2, hours) ||
        text[at + 3] != ':' || !digits(text, at + 4, 2, minutes) || hours > 23 || minutes > 59) {
      return bad();
    }
    offset = (hours * 3600 + minutes * 60) * kSecond * (text[at] == '-' ? -1 : 1);
  }
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  return Time{days * kDay + (hour * 3600 + minute * 60 + second) * kSecond + fraction - offset};
}

Result<microseconds> parse_duration(std::string_view text) {
  const auto bad = [&] {
    return error(Code::invalid, "not a duration: '" + std::string(text.substr(0, 40)) + "'",
                 "write it like 45s, 10m, 1h30m or 250ms");
  };
  if (text.empty()) return bad();
  double total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    double number = 0;
    const char* end = rest.data() + rest.size();
    if (rest[0] < '0' || rest[0] > '9') return bad();
    const auto [stop, failure] = std::from_chars(rest.data(), end, number, std::chars_format::fixed);
    if (failure != std::errc()) return bad();
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    if (rest.empty()) {
      if (stop != text.data() + text.size() || total != 0) return bad();
      total = number * 1e6;
      break;
    }
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (rest.starts_with(candidate.name)) {
        unit = &candidate;
        break;
      }
    }
    if (unit == nullptr) return bad();
    rest.remove_prefix(unit->name.size());
    total += number * unit->us;
  }
  if (!(total <= 36'525.0 * 86'400e6)) return bad();
  return microseconds(std::llround(total));
}

std::string format_duration(microseconds duration) {
  std::int64_t us = duration.count();
  if (us == 0) return "0s";
  std::string out;
  const auto take = [&](std::int64_t unit, const char* name) {
    if (us >= unit) out += std::to_string(us / unit) + name, us %= unit;
  };
  take(kDay, "d");
  take(3600 * kSecond, "h");
  take(60 * kSecond, "m");
  take(kSecond, "s");
  take(1000, "ms");
  take(1, "us");
  return out;
}

}  // namespace base
}  // namespace bus
