#include "sources/github/payload.h"

#include <chrono>

namespace bus::github {
namespace {

// Takes `digits` digits from the front of `text`.
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

bool take_char(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// ".123456": µs; digits behind the sixth are dropped.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take_char(text, ".")) return 0;
  std::int64_t micros = 0;
  std::int64_t unit = 100000;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, unit /= 10) {
    micros += (text[digits] - '0') * unit;
  }
  text.remove_prefix(digits);
  if (digits == 0) return std::nullopt;
  return micros;
}

// "Z" or "+02:00": minutes east of UTC.
std::optional<int> take_offset(std::string_view& text) {
  if (take_char(text, "Zz")) return 0;
  const int sign = !text.empty() && text[0] == '-' ? -1 : 1;
  if (!take_char(text, "+-")) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || !take_char(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 60 + *minutes);
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !take_char(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take_char(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<int> take_second_of_day(std::string_view& text) {
  const auto hour = take_number(text, 2);
  if (!hour || !take_char(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take_char(text, ":")) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return (*hour * 60 + *minute) * 60 + *second;
}

}  // namespace

std::string_view clip(std::string_view text, std::size_t most) {
  text = text.substr(0, text.find('\0'));
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

simdjson::simdjson_result<simdjson::dom::element> Payload::find(std::string_view key) const {
  if (!exists_) return simdjson::NO_SUCH_FIELD;
  return object_.at_key(key);
}

Payload Payload::object(std::string_view key) const {
  simdjson::dom::object found;
  if (find(key).get_object().get(found) != simdjson::SUCCESS) return {};
  return Payload(found);
}

Payload Payload::first(std::string_view key) const {
  simdjson::dom::array array;
  simdjson::dom::object found;
  if (find(key).get_array().get(array) != simdjson::SUCCESS) return {};
  if (array.at(0).get_object().get(found) != simdjson::SUCCESS) return {};
  return Payload(found);
}

std::size_t Payload::length(std::string_view key) const {
  simdjson::dom::array array;
  if (find(key).get_array().get(array) != simdjson::SUCCESS) return 0;
  return array.size();
}

std::string_view Payload::text(std::string_view key) const {
  std::string_view found;
  if (find(key).get_string().get(found) != simdjson::SUCCESS) return {};
  return clip(found);
}

std::optional<std::uint64_t> Payload::number(std::string_view key) const {
  std::uint64_t found = 0;
  if (find(key).get_uint64().get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

bool Payload::flag(std::string_view key) const {
  bool found = false;
  return find(key).get_bool().get(found) == simdjson::SUCCESS && found;
}

std::int64_t Payload::time_us(std::string_view key) const {
  constexpr std::uint64_t kLast = 253402300799;  // the end of the year 9999
  if (const auto seconds = number(key)) {
    return *seconds <= kLast ? static_cast<std::int64_t>(*seconds) * 1000000 : 0;
  }
  return parse_time_us(text(key));
}

std::int64_t parse_time_us(std::string_view text) {
  const auto date = take_date(text);
  if (!date || !take_char(text, "Tt ")) return 0;
  const auto second = take_second_of_day(text);
  if (!second) return 0;
  const auto fraction = take_fraction(text);
  const auto offset = take_offset(text);
  if (!fraction || !offset || !text.empty()) return 0;
  const std::int64_t days = date->time_since_epoch().count();
  const std::int64_t us = (days * 86400 + (*second - *offset * 60)) * 1000000 + *fraction;
  return us > 0 ? us : 0;
}

}  // namespace bus::github
