// Text from outside, bounded; and JSON being written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bus::pytest {

inline constexpr std::size_t kMaxField = 1024;         // bytes of a text of an event
inline constexpr std::size_t kMaxExcerpt = 16u << 10;  // bytes of a failure, or of one captured stream

// The text up to its first NUL and at most `most` bytes of it, cut between two characters. `text` is UTF-8.
std::string_view clip(std::string_view text, std::size_t most = kMaxField);
// The first line that has something in it, without the blanks around it.
std::string_view first_line(std::string_view text);
// 64 bits that tell contents apart, as 16 hex digits. Not against somebody who wants two to be the same.
std::string digest(std::string_view text);

// Keeps the beginning and the end of a text that comes in pieces: a long failure tells most at its end.
class Excerpt {
 public:
  void add(std::string_view piece);
  // At most kMaxExcerpt bytes and a line that says how many were left out.
  std::string text() const;
  bool empty() const { return head_.empty(); }

 private:
  static constexpr std::size_t kHead = kMaxExcerpt / 8;
  static constexpr std::size_t kTail = kMaxExcerpt - kHead;
  std::string head_, tail_;
  std::size_t dropped_ = 0;
};

// An object, member by member; what is empty, or not there, is left out. REQUIRES: texts are UTF-8.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::uint64_t value);
  // Seconds, to the microsecond.
  JsonObject& seconds(std::string_view name, double value);
  JsonObject& flag(std::string_view name, bool value);  // only if true
  JsonObject& raw(std::string_view name, std::string_view json);
  bool empty() const { return out_.size() == 1; }
  std::string done() const { return out_ + "}"; }

 private:
  void key(std::string_view name);
  std::string out_ = "{";
};

}  // namespace bus::pytest
