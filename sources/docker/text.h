// Text from outside, bounded; JSON being read leniently and written.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bus::docker {

inline constexpr std::size_t kMaxText = 1024;  // bytes of a text of an event

// The text up to its first NUL and at most `most` bytes of it, cut between two characters. `text` is UTF-8.
std::string_view clip(std::string_view text, std::size_t most = kMaxText);
// 64 bits that tell texts apart, as 16 hex digits. Not against somebody who wants two to be the same.
std::string digest(std::string_view text);
// A whole number, all of the text; `otherwise` if it is none.
std::int64_t number_or(std::string_view text, std::int64_t otherwise);
// RFC 3339 as µs since the Unix epoch; 0 if it is none, or not after the epoch (engines write year 1 for
// "never").
std::int64_t parse_time_us(std::string_view text);

// Members of a JSON object. What is missing or of another type gives nothing. Views live as long as the
// parser's document.
std::string_view text_of(simdjson::dom::object object, std::string_view key);
std::int64_t number_of(simdjson::dom::object object, std::string_view key);  // 0: nothing
bool flag_of(simdjson::dom::object object, std::string_view key);
// False: there is no such object.
bool object_of(simdjson::dom::object object, std::string_view key, simdjson::dom::object& found);

// A JSON string. REQUIRES: UTF-8.
std::string json_text(std::string_view text);
// An object, member by member; what is empty is left out. REQUIRES: texts are UTF-8.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::int64_t value);
  JsonObject& flag(std::string_view name, bool value);
  JsonObject& object(std::string_view name, const JsonObject& value);
  bool empty() const { return out_.size() == 1; }
  std::string done() const { return out_ + "}"; }

 private:
  void key(std::string_view name);
  std::string out_ = "{";
};

}  // namespace bus::docker
