// C++ layer: text from outside on its way into an event.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace bus {
inline namespace sdk {

inline constexpr std::size_t kMaxText = 1024;  // the most bytes that a text of an event may have

// The text up to its first NUL and at most `most` bytes of it, cut between two characters. `text` is UTF-8.
inline std::string_view clip(std::string_view text, std::size_t most = kMaxText) {
  text = text.substr(0, text.find('\0'));
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

namespace detail {

// Takes what a time is made of from the front of its text.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  // A number of that many digits, behind one of `marks` if there are any; -1 if it is not there.
  int number(std::size_t digits, std::string_view marks = {}) {
    if (!marks.empty() && (rest_.empty() || marks.find(rest_[0]) == std::string_view::npos)) return fail();
    const std::string_view text = rest_.substr(marks.empty() ? 0 : 1);
    if (text.size() < digits) return fail();
    int value = 0;
    for (const char c : text.substr(0, digits)) {
      if (c < '0' || c > '9') return fail();
      value = value * 10 + (c - '0');
    }
    rest_ = text.substr(digits);
    return value;
  }
  // µs of a fraction that may be there; digits behind the sixth are dropped.
  std::int64_t fraction() {
    if (rest_.empty() || rest_[0] != '.') return 0;
    rest_.remove_prefix(1);
    if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') return fail();
    std::int64_t us = 0;
    for (std::int64_t unit = 100'000; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; unit /= 10) {
      us += (rest_[0] - '0') * unit;
      rest_.remove_prefix(1);
    }
    return us;
  }
  // Seconds east of UTC.
  std::int64_t zone() {
    if (rest_ == "Z" || rest_ == "z") {
      rest_ = {};
      return 0;
    }
    const bool west = rest_.starts_with('-');
    const int hours = number(2, "+-"), minutes = number(2, ":");
    if (hours > 23 || minutes > 59) return fail();
    return (west ? -1 : 1) * (hours * std::int64_t{3600} + minutes * std::int64_t{60});
  }
  int fail() {
    failed_ = true;
    return -1;
  }
  bool good() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace detail

// RFC 3339 with an offset or Z as µs since the Unix epoch; nullopt if it is none, or not after the epoch.
inline std::optional<std::int64_t> parse_time_us(std::string_view text) {
  detail::TimeReader in(text);
  const int year = in.number(4), month = in.number(2, "-"), day = in.number(2, "-");
  const int hour = in.number(2, "Tt "), minute = in.number(2, ":"), second = in.number(2, ":");
  const std::int64_t fraction = in.fraction(), zone = in.zone();
  if (!in.good() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * 86400 + hour * std::int64_t{3600} + minute * std::int64_t{60} + second;
  const std::int64_t us = (seconds - zone) * 1'000'000 + fraction;
  return us > 0 ? std::optional(us) : std::nullopt;
}

// 64 bits that tell texts apart, as 16 hex digits, the same everywhere and always. Not against somebody who
// wants two to be the same.
inline std::string digest(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::string out(16, '0');
  for (std::size_t i = out.size(); i-- > 0; hash >>= 4) out[i] = "0123456789abcdef"[hash & 15];
  return out;
}

// Appends a JSON string. REQUIRES: `text` is UTF-8.
inline void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      out += code;
    } else {
      out += c;
    }
  }
  out += '"';
}

// A JSON object, member by member; what is empty is left out. REQUIRES: texts are UTF-8.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    key(name);
    append_json_text(out_, value);
    return *this;
  }
  template <std::integral Number>
  JsonObject& number(std::string_view name, Number value) {
    return json(name, std::to_string(value));
  }
  JsonObject& flag(std::string_view name, bool value) { return json(name, value ? "true" : "false"); }
  // One JSON value as it is.
  JsonObject& json(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    key(name);
    out_ += value;
    return *this;
  }
  // One that has members.
  JsonObject& object(std::string_view name, const JsonObject& value) {
    return value.empty() ? *this : json(name, value.done());
  }
  bool empty() const { return out_.size() == 1; }
  std::string done() const { return out_ + "}"; }

 private:
  void key(std::string_view name) {
    if (!empty()) out_ += ',';
    append_json_text(out_, name);
    out_ += ':';
  }
  std::string out_ = "{";
};

}  // namespace sdk
}  // namespace bus
