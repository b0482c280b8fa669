// From what the user's expressions say to the fields of an event. Pure.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bus::webhook {

// The fields that can be mapped, by the names of their options.
enum class Field : std::uint8_t { when, type, scope, subject, key, summary, time, task };
inline constexpr std::array<const char*, 8> kFields = {"when", "type",    "scope", "subject",
                                                       "key",  "summary", "time",  "task"};

// Reads the values of expressions, each one JSON value. nullopt: it is null, which leaves the field out, or
// is not of the kind that the field needs (`wrong` is then true). Not safe for concurrent use.
class ValueReader {
 public:
  // A string; a number or a bool as it is written.
  std::optional<std::string> text(std::string_view json, bool& wrong);
  // RFC 3339, or seconds since the Unix epoch, as µs since then.
  std::optional<std::int64_t> time_us(std::string_view json, bool& wrong);
  // An object, as it is.
  std::optional<std::string> object(std::string_view json, bool& wrong);

 private:
  // nullopt for null.
  std::optional<simdjson::dom::element> parse(std::string_view json, bool& wrong);
  simdjson::dom::parser parser_;
};

// A text as an event's type: lower case, _ for what is no letter or digit, at most 64; empty if nothing is
// left.
std::string word_of(std::string_view text);

// 64 bits that tell bodies apart, and the body's length. Not against somebody who wants two to be the same.
std::string digest(std::string_view body);

}  // namespace bus::webhook
