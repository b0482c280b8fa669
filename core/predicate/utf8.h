// Text by code points. All of this takes valid UTF-8, which every string value is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace bus::predicate {

inline bool starts_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

inline std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

// Bytes of the code point at that byte.
inline std::size_t code_point_size(std::string_view text, std::size_t byte) {
  std::size_t size = 1;
  while (byte + size < text.size() && !starts_code_point(text[byte + size])) ++size;
  return size;
}

// The byte at which the code point of that index begins; text.size() for the index behind the last; npos
// beyond.
inline std::size_t byte_of(std::string_view text, std::size_t index) {
  std::size_t byte = 0;
  for (; index > 0 && byte < text.size(); --index) byte += code_point_size(text, byte);
  return index == 0 ? byte : std::string_view::npos;
}

}  // namespace bus::predicate
