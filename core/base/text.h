// Small work on text: UTF-8, what may be shown on a terminal, and the nearest of some words.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bus {
inline namespace base {

bool is_utf8(std::string_view text);
// At most `bytes` bytes, never cutting a UTF-8 sequence in the middle.
std::string_view cut_utf8(std::string_view text, std::size_t bytes);
// `text` with every malformed byte replaced by U+FFFD.
std::string to_utf8(std::string_view text);

// Text from outside made safe for a terminal: escape sequences are removed; control, bidi and zero-width
// characters and line separators become a space or vanish; malformed bytes become U+FFFD. Tabs and newlines
// become spaces, too.
std::string printable(std::string_view text);
// The same for text of several lines: newlines and tabs are kept.
std::string printable_lines(std::string_view text);

// The word that `given` was most likely meant to be; empty if none is near.
std::string_view nearest(std::string_view given, std::span<const std::string_view> words);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string lower_ascii(std::string_view text);
std::string hex(std::string_view bytes);

}  // namespace base
}  // namespace bus
