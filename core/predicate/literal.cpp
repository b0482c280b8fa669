#include "core/predicate/literal.h"

#include <optional>

namespace bus::predicate {

namespace {

bool is_surrogate(std::uint32_t code) {
  return code >= 0xD800 && code <= 0xDFFF;
}

// `count` digits of `base` at `from`; nullopt if they are not there.
std::optional<std::uint32_t> digits(std::string_view text, std::size_t from, std::size_t count,
                                    std::uint32_t base) {
  if (from + count > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(from, count)) {
    std::uint32_t digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

char simple_escape(char c) {
  constexpr std::string_view kNames = "abfnrtv\\?\"'`";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\?\"'`";
  const std::size_t found = kNames.find(c);
  return found == std::string_view::npos ? '\0' : kValues[found];
}

// \u and \U, with pairs of surrogates joined. `at` is behind the letter and moves behind the digits.
std::optional<std::uint32_t> unicode_escape(std::string_view body, std::size_t& at, std::size_t count) {
  auto code = digits(body, at, count, 16);
  if (!code || *code > 0x10FFFF) return std::nullopt;
  at += count;
  if (!is_surrogate(*code)) return code;
  if (count != 4 || *code >= 0xDC00 || body.substr(at, 2) != "\\u") return std::nullopt;
  const auto low = digits(body, at + 2, 4, 16);
  if (!low || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
  at += 6;
  return 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
}

}  // namespace

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  }
}

bool unescape(std::string_view body, bool bytes, std::string& out, std::size_t& at, std::string_view& why) {
  for (at = 0; at < body.size();) {
    if (body[at] != '\\') {
      out += body[at++];
      continue;
    }
    const char name = at + 1 < body.size() ? body[at + 1] : '\0';
    if (const char simple = simple_escape(name)) {
      out += simple;
      at += 2;
      continue;
    }
    std::optional<std::uint32_t> code;
    std::size_t next = at + 2;
    if (name == 'x' || name == 'X') {
      code = digits(body, next, 2, 16);
      next += 2;
    } else if (name >= '0' && name <= '3') {
      code = digits(body, at + 1, 3, 8);
      next += 2;
    } else if (name == 'u' || name == 'U') {
      if (bytes) {
        why = "\\u and \\U are for strings, not for bytes";
        return false;
      }
      code = unicode_escape(body, next, name == 'u' ? 4 : 8);
    }
    if (!code) {
      why = "not an escape sequence";
      return false;
    }
    if (bytes) {
      out += static_cast<char>(static_cast<unsigned char>(*code));
    } else {
      append_utf8(out, *code);
    }
    at = next;
  }
  return true;
}

}  // namespace bus::predicate
