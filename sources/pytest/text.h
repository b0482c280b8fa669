// Text of reports, bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "bus/cpp/text.hpp"

namespace bus::pytest {

inline constexpr std::size_t kMaxExcerpt = 16u << 10;  // bytes of a failure, or of one captured stream

// The first line that has something in it, without the blanks around it.
std::string_view first_line(std::string_view text);

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

// A JSON number of seconds, to the microsecond.
std::string json_seconds(double value);

}  // namespace bus::pytest
