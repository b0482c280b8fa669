// Lexer: CEL source to tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace bus::predicate {

enum class Token : std::uint8_t {
  end,
  identifier,  // also reserved words: the parser knows where they may stand
  quoted,      // `a-name` in backticks, allowed after a dot
  integer,
  uinteger,
  number,
  string,
  bytes,
  symbol,  // operators and brackets
};

struct Lexeme {
  Token token = Token::end;
  std::uint16_t begin = 0;  // bytes of the source
  std::uint16_t end = 0;
  std::string_view text;  // of the source
  std::string value;      // unescaped text of a string, bytes or quoted name

  bool is(std::string_view symbol) const { return token == Token::symbol && text == symbol; }
};

// REQUIRES: source.size() <= kMaxSource. The last lexeme is Token::end. The lexemes point into `source`.
Result<std::vector<Lexeme>> lex(std::string_view source);

// An error at a byte of the source: "column 12: …", with the place shown in the hint if no better one is
// given.
Error error_at(std::string_view source, std::size_t at, std::string message, std::string hint = {});

}  // namespace bus::predicate
