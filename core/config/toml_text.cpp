#include "core/config/toml_text.h"

#include <algorithm>
#include <cstdint>

#include "core/base/text.h"

namespace bus::config {
namespace {

Place place_of(std::string_view text, std::size_t at, const std::string& file) {
  Place place{file, 1, 1};
  for (char c : text.substr(0, at)) {
    if (c == '\n') ++place.line, place.column = 0;
    if ((static_cast<std::uint8_t>(c) & 0xC0) != 0x80) ++place.column;
  }
  return place;
}

// The end of the string or comment that begins at `at`. One that is not closed ends with its line, or with
// the text.
std::size_t skip_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  if (quote == '#') return std::min(text.find('\n', at), text.size());
  const std::string triple(3, quote);
  const bool multi_line = text.substr(at).starts_with(triple);
  at += multi_line ? 3 : 1;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (multi_line && text.substr(at).starts_with(triple)) {
      at += 3;
      while (at < text.size() && text[at] == quote)
        ++at;  // up to two quotes may stand before the closing three
      return at;
    } else if (!multi_line && (text[at] == quote || text[at] == '\n')) {
      return at + 1;
    }
  }
  return text.size();
}

}  // namespace

std::optional<Problem> check_toml_text(std::string_view text, const std::string& file) {
  if (!is_utf8(text)) {
    std::size_t line_start = 0;
    while (is_utf8(text.substr(line_start, text.find('\n', line_start) - line_start))) {
      line_start = text.find('\n', line_start) + 1;
    }
    return Problem{place_of(text, line_start, file), "not TOML: this line is not UTF-8"};
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  for (std::size_t at = text.starts_with(kByteOrderMark) ? 3 : 0; at < text.size();) {
    const char c = text[at];
    if (c == '#' || c == '"' || c == '\'') {
      at = skip_quoted(text, at);
    } else if (static_cast<std::uint8_t>(c) >= 0x80) {
      return Problem{place_of(text, at, file), "not TOML: a character beyond ASCII outside of quotes",
                     "put it into quotes"};
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

}  // namespace bus::config
