#include "core/predicate/lexer.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/predicate/literal.h"

namespace bus::predicate {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name(char c) {
  return is_name_start(c) || is_digit(c);
}

constexpr std::array<std::string_view, 26> kSymbols = {"&&", "||", "==", "!=", "<=", ">=", "<", ">", "!",
                                                       "+",  "-",  "*",  "/",  "%",  "?",  ":", ".", ",",
                                                       "(",  ")",  "[",  "]",  "{",  "}",  "=", "&"};

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Result<std::vector<Lexeme>> run() {
    for (;;) {
      skip_blank();
      Lexeme lexeme;
      lexeme.begin = static_cast<std::uint16_t>(at_);
      if (at_ < source_.size()) {
        if (auto status = read(lexeme); !status) return std::move(status).error();
      }
      lexeme.end = static_cast<std::uint16_t>(at_);
      lexeme.text = source_.substr(lexeme.begin, at_ - lexeme.begin);
      const bool last = lexeme.token == Token::end;
      lexemes_.push_back(std::move(lexeme));
      if (last) return std::move(lexemes_);
    }
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }

  void skip_blank() {
    while (at_ < source_.size()) {
      if (source_.substr(at_, 2) == "//") {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else if (std::string_view("\t\n\f\r ").find(source_[at_]) != std::string_view::npos) {
        ++at_;
      } else {
        return;
      }
    }
  }

  Status read(Lexeme& out) {
    if (starts_literal()) return read_text(out);
    if (is_name_start(peek())) {
      while (is_name(peek())) ++at_;
      out.token = Token::identifier;
      return Ok{};
    }
    if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return read_number(out);
    if (peek() == '`') return read_quoted(out);
    for (const std::string_view symbol : kSymbols) {
      if (source_.substr(at_, symbol.size()) != symbol) continue;
      if (symbol == "=") return error_at(source_, at_, "'=' is no operator", "write == to compare");
      if (symbol == "&") return error_at(source_, at_, "'&' is no operator", "write && for 'and'");
      at_ += symbol.size();
      out.token = Token::symbol;
      return Ok{};
    }
    const std::string_view shown = cut_utf8(source_.substr(at_), 4);
    return error_at(source_, at_, "unexpected character '" + printable(shown) + "'");
  }

  // A quote, or r, b, rb, br before one.
  bool starts_literal() const {
    std::size_t ahead = 0;
    while (ahead < 2 && std::string_view("rRbB").find(peek(ahead)) != std::string_view::npos &&
           peek(ahead) != '\0') {
      ++ahead;
    }
    const char quote = peek(ahead);
    if (quote != '"' && quote != '\'') return false;
    return ahead < 2 || (peek(0) | 0x20) != (peek(1) | 0x20);
  }

  Status read_text(Lexeme& out) {
    const std::size_t start = at_;
    bool raw = false;
    bool bytes = false;
    for (; is_name_start(peek()); ++at_) ((peek() | 0x20) == 'r' ? raw : bytes) = true;
    const bool triple = peek(1) == peek() && peek(2) == peek();
    const std::string quote(triple ? 3 : 1, peek());
    const std::size_t body = at_ += quote.size();
    for (;;) {
      const bool line_end = !triple && (peek() == '\n' || peek() == '\r');
      if (at_ >= source_.size() || line_end)
        return error_at(source_, start, "the text that starts here has no end");
      if (source_.substr(at_, quote.size()) == quote) break;
      at_ += !raw && peek() == '\\' ? 2 : 1;
    }
    const std::string_view inside = source_.substr(body, at_ - body);
    at_ += quote.size();
    out.token = bytes ? Token::bytes : Token::string;
    if (raw) {
      out.value = inside;
      return Ok{};
    }
    std::size_t wrong = 0;
    std::string_view why;
    if (!unescape(inside, bytes, out.value, wrong, why))
      return error_at(source_, body + wrong, std::string(why));
    return Ok{};
  }

  Status read_number(Lexeme& out) {
    out.token = Token::integer;
    if (peek() == '0' && peek(1) == 'x' && is_hex(peek(2))) {
      at_ += 2;
      while (is_hex(peek())) ++at_;
    } else {
      while (is_digit(peek())) ++at_;
      if (peek() == '.' && is_digit(peek(1))) {
        out.token = Token::number;
        ++at_;
        while (is_digit(peek())) ++at_;
      }
      const bool sign = peek(1) == '+' || peek(1) == '-';
      if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign ? 2 : 1))) {
        out.token = Token::number;
        at_ += sign ? 2 : 1;
        while (is_digit(peek())) ++at_;
      }
    }
    if (out.token == Token::integer && (peek() == 'u' || peek() == 'U')) {
      out.token = Token::uinteger;
      ++at_;
    }
    if (is_name(peek())) return error_at(source_, at_, "a number cannot go on like this");
    return Ok{};
  }

  Status read_quoted(Lexeme& out) {
    const std::size_t start = at_++;
    const auto allowed = [](char c) { return is_name(c) || c == '.' || c == '-' || c == '/' || c == ' '; };
    while (allowed(peek())) ++at_;
    if (peek() != '`' || at_ == start + 1) return error_at(source_, start, "not a name in backticks");
    out.token = Token::quoted;
    out.value = source_.substr(start + 1, at_ - start - 1);
    ++at_;
    return Ok{};
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::vector<Lexeme> lexemes_;
};

}  // namespace

Error error_at(std::string_view source, std::size_t at, std::string message, std::string hint) {
  at = std::min(at, source.size());
  const std::size_t line = source.rfind('\n', at == 0 ? 0 : at - 1);
  const std::size_t start = at == 0 || line == std::string_view::npos ? 0 : line + 1;
  const std::size_t end = std::min(source.find('\n', at), source.size());
  const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const auto column =
      std::count_if(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(at), is_start) + 1;
  if (hint.empty()) {
    // The line around the place, with a caret below it.
    constexpr std::size_t kAround = 40;
    const std::size_t from = at - start > kAround ? at - kAround : start;
    const std::string before = printable_lines(source.substr(from, at - from));
    const std::string after = printable_lines(source.substr(at, std::min(end - at, kAround)));
    hint = before + after + "\n";
    hint.append(static_cast<std::size_t>(std::count_if(before.begin(), before.end(), is_start)), ' ');
    hint += '^';
  }
  return error(Code::invalid, "column " + std::to_string(column) + ": " + std::move(message),
               std::move(hint));
}

Result<std::vector<Lexeme>> lex(std::string_view source) {
  if (!is_utf8(source)) return error(Code::invalid, "the expression is not UTF-8");
  return Lexer(source).run();
}

}  // namespace bus::predicate
