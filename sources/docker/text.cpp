#include "sources/docker/text.h"

#include <charconv>
#include <chrono>

namespace bus::docker {
namespace {

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  out += '"';
}

// Takes exactly `digits` digits from the front; -1 if they are not there.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

// ".123456789" as µs; what is behind the sixth digit is dropped.
std::int64_t take_fraction_us(std::string_view& text) {
  std::int64_t micros = 0;
  std::int64_t unit = 100'000;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    micros += (text[0] - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return micros;
}

// "Z" or "+02:00" at the end, as seconds east of UTC.
bool take_offset(std::string_view text, std::int64_t& seconds) {
  seconds = 0;
  if (text == "Z" || text == "z") return true;
  const std::int64_t sign = !text.empty() && text[0] == '-' ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return false;
  const int hours = take_number(text, 2);
  if (!take(text, ':')) return false;
  const int minutes = take_number(text, 2);
  seconds = sign * (hours * 3600L + minutes * 60L);
  return text.empty() && hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

}  // namespace

std::string_view clip(std::string_view text, std::size_t most) {
  text = text.substr(0, text.find('\0'));
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

std::string digest(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  std::string out(16, '0');
  for (std::size_t i = out.size(); i-- > 0; hash >>= 4) out[i] = "0123456789abcdef"[hash & 15];
  return out;
}

std::int64_t number_or(std::string_view text, std::int64_t otherwise) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && !text.empty() && end == text.data() + text.size() ? value : otherwise;
}

std::int64_t parse_time_us(std::string_view text) {
  const int year = take_number(text, 4);
  const bool dash = take(text, '-');
  const int month = take_number(text, 2);
  const bool second_dash = take(text, '-');
  const int day = take_number(text, 2);
  const bool between = take(text, 'T') || take(text, 't') || take(text, ' ');
  const int hour = take_number(text, 2);
  const bool colon = take(text, ':');
  const int minute = take_number(text, 2);
  const bool second_colon = take(text, ':');
  const int second = take_number(text, 2);
  if (!dash || !second_dash || !between || !colon || !second_colon) return 0;
  if (year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return 0;
  if (second < 0 || second > 60) return 0;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return 0;
  const std::int64_t fraction = take(text, '.') ? take_fraction_us(text) : 0;
  std::int64_t offset = 0;
  if (!take_offset(text, offset)) return 0;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * 86'400 + hour * 3600L + minute * 60L + second - offset;
  return seconds > 0 ? seconds * 1'000'000 + fraction : 0;
}

std::string_view text_of(simdjson::dom::object object, std::string_view key) {
  std::string_view found;
  return object.at_key(key).get_string().get(found) == simdjson::SUCCESS ? found : std::string_view();
}

std::int64_t number_of(simdjson::dom::object object, std::string_view key) {
  std::int64_t found = 0;
  return object.at_key(key).get_int64().get(found) == simdjson::SUCCESS ? found : 0;
}

bool flag_of(simdjson::dom::object object, std::string_view key) {
  bool found = false;
  return object.at_key(key).get_bool().get(found) == simdjson::SUCCESS && found;
}

bool object_of(simdjson::dom::object object, std::string_view key, simdjson::dom::object& found) {
  return object.at_key(key).get_object().get(found) == simdjson::SUCCESS;
}

std::string json_text(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

void JsonObject::key(std::string_view name) {
  if (out_.size() > 1) out_ += ',';
  append_quoted(out_, name);
  out_ += ':';
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  key(name);
  append_quoted(out_, value);
  return *this;
}

JsonObject& JsonObject::number(std::string_view name, std::int64_t value) {
  key(name);
  out_ += std::to_string(value);
  return *this;
}

JsonObject& JsonObject::flag(std::string_view name, bool value) {
  key(name);
  out_ += value ? "true" : "false";
  return *this;
}

JsonObject& JsonObject::object(std::string_view name, const JsonObject& value) {
  if (value.empty()) return *this;
  key(name);
  out_ += value.done();
  return *this;
}

}  // namespace bus::docker
