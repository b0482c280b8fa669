#include "core/base/text.h"

#include <algorithm>
#include <cstdint>

namespace bus {
inline namespace base {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Decodes one code point at `at`; its length, or 0 if the bytes there are not UTF-8 (RFC 3629).
std::size_t decode(std::string_view text, std::size_t at, std::uint32_t& point) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(at);
  if (lead < 0x80) return point = lead, 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return 0;
  point = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
    point = point << 6 | (byte(at + i) & 0x3Fu);
  }
  if (length == 3 && (point < 0x800 || (point >= 0xD800 && point <= 0xDFFF))) return 0;
  if (length == 4 && (point < 0x10000 || point > 0x10FFFF)) return 0;
  return length;
}

// Zero-width, bidi control and other characters that show nothing and can only mislead.
bool is_invisible(std::uint32_t p) {
  return p == 0xAD || p == 0x061C || p == 0x180E || (p >= 0x200B && p <= 0x200F) ||
         (p >= 0x202A && p <= 0x202E) || (p >= 0x2060 && p <= 0x206F) || p == 0xFEFF ||
         (p >= 0xFFF9 && p <= 0xFFFB) || (p >= 0xE0000 && p <= 0xE007F);
}

// The end of the escape sequence that starts at `at` (an ESC or a C1 introducer's first payload byte at
// `at`).
std::size_t skip_escape(std::string_view text, std::size_t at) {
  if (at >= text.size()) return at;
  const char kind = text[at++];
  if (kind == '[') {
    while (at < text.size() && (text[at] < 0x40 || text[at] > 0x7E)) {
      if (static_cast<std::uint8_t>(text[at]) < 0x20 || static_cast<std::uint8_t>(text[at]) > 0x7E) return at;
      ++at;
    }
    return std::min(at + 1, text.size());
  }
  if (kind == ']' || kind == 'P' || kind == 'X' || kind == '^' || kind == '_') {
    for (; at < text.size(); ++at) {
      if (text[at] == '\a') return at + 1;
      if (text[at] == '\x1b') return at + 1 < text.size() && text[at + 1] == '\\' ? at + 2 : at;
    }
    return at;
  }
  while (kind >= 0x20 && kind <= 0x2F && at < text.size() && text[at] >= 0x20 && text[at] <= 0x2F) ++at;
  return kind >= 0x20 && kind <= 0x2F ? std::min(at + 1, text.size()) : at;
}

std::string clean(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::uint32_t point = 0;
    const std::size_t length = decode(text, at, point);
    if (length == 0) {
      out += kReplacement;
      ++at;
      continue;
    }
    if (point == 0x1B) {
      at = skip_escape(text, at + 1);
      continue;
    }
    if (point == '\n' || point == '\t') {
      out += keep_lines ? text[at] : ' ';
    } else if (point == 0x2028 || point == 0x2029 || point == 0x85) {
      out += ' ';
    } else if (point >= 0x20 && point != 0x7F && !(point >= 0x80 && point < 0xA0) && !is_invisible(point)) {
      out.append(text, at, length);
    }
    at += length;
  }
  return out;
}

// Insertions, deletions, substitutions and swaps of neighbours between two short words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    std::uint32_t point = 0;
    const std::size_t length = decode(text, at, point);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<std::uint8_t>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::uint32_t point = 0;
    const std::size_t length = decode(text, at, point);
    if (length == 0) {
      out += kReplacement;
      ++at;
    } else {
      out.append(text, at, length);
      at += length;
    }
  }
  return out;
}

std::string printable(std::string_view text) {
  return clean(text, false);
}

std::string printable_lines(std::string_view text) {
  return clean(text, true);
}

std::string_view nearest(std::string_view given, std::span<const std::string_view> words) {
  if (given.size() > 64) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, given.size() / 3) + 1;
  for (std::string_view word : words) {
    const std::size_t d = distance(given, word);
    if (d < best_distance) best = word, best_distance = d;
  }
  return best;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char c : bytes) {
    out += kDigits[static_cast<std::uint8_t>(c) >> 4];
    out += kDigits[static_cast<std::uint8_t>(c) & 15];
  }
  return out;
}

}  // namespace base
}  // namespace bus
