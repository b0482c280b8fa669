#include "core/predicate/parser.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/text.h"
#include "core/predicate/lexer.h"
#include "core/predicate/macros.h"

namespace bus::predicate {

namespace {

constexpr std::array<std::string_view, 18> kReserved = {
    "in",     "as",  "break", "const",   "continue",  "else",   "for", "function", "if",
    "import", "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};

bool is_reserved(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

// How tightly a binary operator binds; 0: it is none.
int precedence(const Lexeme& lexeme) {
  if (lexeme.token == Token::identifier) return lexeme.text == "in" ? 1 : 0;
  if (lexeme.token != Token::symbol) return 0;
  for (const std::string_view relation : {"==", "!=", "<", "<=", ">", ">="}) {
    if (lexeme.text == relation) return 1;
  }
  if (lexeme.text == "+" || lexeme.text == "-") return 2;
  return lexeme.text == "*" || lexeme.text == "/" || lexeme.text == "%" ? 3 : 0;
}

// Recursive descent. A failure is kept in error_ and null is returned up the whole way.
class Parser {
 public:
  Parser(std::string_view source, std::vector<Lexeme> lexemes)
      : source_(source), lexemes_(std::move(lexemes)) {}

  Result<ExprPtr> run() {
    ExprPtr expr = expression();
    if (expr && now().token != Token::end) expr = fail(now().begin, "'" + shown() + "' is not expected here");
    if (!expr) return std::move(error_);
    return expr;
  }

 private:
  const Lexeme& now() const { return lexemes_[at_]; }
  const Lexeme& take() { return lexemes_[at_ + 1 < lexemes_.size() ? at_++ : at_]; }
  bool accept(std::string_view symbol) {
    if (!now().is(symbol)) return false;
    take();
    return true;
  }
  std::string shown() const { return now().token == Token::end ? "the end" : printable(now().text); }

  ExprPtr fail(std::size_t at, std::string message, std::string hint = {}) {
    if (error_.message.empty()) error_ = error_at(source_, at, std::move(message), std::move(hint));
    return nullptr;
  }
  ExprPtr expected(std::string_view what) {
    return fail(now().begin, std::string(what) + " expected, not " + (now().token == Token::end ? "" : "'") +
                                 shown() + (now().token == Token::end ? "" : "'"));
  }
  ExprPtr too_deep() {
    if (error_.message.empty()) {
      error_ = error(Code::limit, "the expression is nested deeper than " + std::to_string(kMaxNesting));
    }
    return nullptr;
  }

  ExprPtr node(Form form, std::size_t begin, std::size_t at) {
    auto expr = std::make_unique<Expr>();
    expr->form = form;
    expr->begin = static_cast<std::uint16_t>(begin);
    expr->at = static_cast<std::uint16_t>(at);
    return expr;
  }
  // The last step of every node: its end, its height, and macros.
  ExprPtr finish(ExprPtr expr) {
    expr->end = at_ == 0 ? 0 : lexemes_[at_ - 1].end;
    for (const ExprPtr& child : expr->children) {
      expr->height = std::max(expr->height, static_cast<std::uint16_t>(child->height + 1));
    }
    if (expr->height > kMaxHeight) return too_deep();
    if (expr->form == Form::call || expr->form == Form::method) {
      if (auto status = expand_macro(source_, *expr); !status) {
        error_ = std::move(status).error();
        return nullptr;
      }
    }
    return expr;
  }

  ExprPtr expression() {
    if (depth_ >= kMaxNesting) return too_deep();
    ++depth_;
    ExprPtr expr = conditional();
    --depth_;
    return expr;
  }

  ExprPtr conditional() {
    ExprPtr first = chain(Form::any_of);
    if (!first || !now().is("?")) return first;
    ExprPtr expr = node(Form::conditional, first->begin, take().begin);
    expr->children.push_back(std::move(first));
    ExprPtr yes = chain(Form::any_of);
    if (!yes) return nullptr;
    if (!accept(":")) return expected("':'");
    ExprPtr no = expression();
    if (!no) return nullptr;
    expr->children.push_back(std::move(yes));
    expr->children.push_back(std::move(no));
    return finish(std::move(expr));
  }

  // Operands joined by && or ||, as one node.
  ExprPtr chain(Form form) {
    const std::string_view symbol = form == Form::any_of ? "||" : "&&";
    const auto operand = [&] { return form == Form::any_of ? chain(Form::all_of) : binary(1); };
    ExprPtr first = operand();
    if (!first || !now().is(symbol)) return first;
    ExprPtr expr = node(form, first->begin, now().begin);
    expr->children.push_back(std::move(first));
    while (accept(symbol)) {
      ExprPtr next = operand();
      if (!next) return nullptr;
      expr->children.push_back(std::move(next));
    }
    return finish(std::move(expr));
  }

  ExprPtr binary(int least) {
    ExprPtr left = unary();
    while (left) {
      const int binds = precedence(now());
      if (binds < least) return left;
      const Lexeme& symbol = take();
      ExprPtr expr = node(Form::binary, left->begin, symbol.begin);
      expr->text = symbol.text;
      ExprPtr right = binary(binds + 1);
      if (!right) return nullptr;
      expr->children.push_back(std::move(left));
      expr->children.push_back(std::move(right));
      left = finish(std::move(expr));
    }
    return left;
  }

  ExprPtr unary() {
    if (!now().is("!") && !now().is("-")) return member(primary());
    const Lexeme& symbol = take();
    const bool is_number = now().token == Token::integer || now().token == Token::number;
    if (symbol.text == "-" && is_number) return member(number(true));
    if (depth_ >= kMaxNesting) return too_deep();
    ++depth_;
    ExprPtr operand = unary();
    --depth_;
    if (!operand) return nullptr;
    ExprPtr expr = node(Form::unary, symbol.begin, symbol.begin);
    expr->text = symbol.text;
    expr->children.push_back(std::move(operand));
    return finish(std::move(expr));
  }

  // Everything that may follow a primary: .name, .name(…), […].
  ExprPtr member(ExprPtr expr) {
    while (expr) {
      if (accept(".")) {
        expr = selection(std::move(expr));
      } else if (now().is("[")) {
        ExprPtr index = node(Form::index, expr->begin, take().begin);
        ExprPtr key = expression();
        if (!key) return nullptr;
        if (!accept("]")) return expected("']'");
        index->children.push_back(std::move(expr));
        index->children.push_back(std::move(key));
        expr = finish(std::move(index));
      } else if (now().is("{")) {
        return fail(now().begin, "messages are not supported",
                    "maps are written without a name: {\"key\": value}");
      } else {
        return expr;
      }
    }
    return nullptr;
  }

  ExprPtr selection(ExprPtr target) {
    if (now().token != Token::identifier && now().token != Token::quoted) return expected("a field's name");
    const Lexeme& name = take();
    const bool quoted = name.token == Token::quoted;
    const bool call = !quoted && now().is("(");
    ExprPtr expr = node(call ? Form::method : Form::select, target->begin, name.begin);
    expr->text = quoted ? name.value : std::string(name.text);
    if (!call && name.text == "in") return fail(name.begin, "'in' is not a name");
    expr->children.push_back(std::move(target));
    if (call && !arguments(*expr, "(", ")")) return nullptr;
    return finish(std::move(expr));
  }

  // Appends a bracketed list of expressions.
  bool arguments(Expr& expr, std::string_view open, std::string_view close) {
    accept(open);
    while (!accept(close)) {
      ExprPtr item = expression();
      if (!item) return false;
      expr.children.push_back(std::move(item));
      if (accept(",")) {
        // Lists may end with a comma, calls may not.
        if (now().is(close) && close == ")") return expected("an argument") != nullptr;
      } else if (!now().is(close)) {
        return expected(close == ")" ? "',' or ')'" : "',' or ']'") != nullptr;
      }
    }
    return true;
  }

  ExprPtr map() {
    ExprPtr expr = node(Form::map, now().begin, now().begin);
    take();
    while (!accept("}")) {
      ExprPtr key = expression();
      if (!key) return nullptr;
      if (!accept(":")) return expected("':'");
      ExprPtr value = expression();
      if (!value) return nullptr;
      expr->children.push_back(std::move(key));
      expr->children.push_back(std::move(value));
      if (!accept(",") && !now().is("}")) return expected("',' or '}'");
    }
    return finish(std::move(expr));
  }

  ExprPtr primary() {
    const Lexeme& first = now();
    switch (first.token) {
      case Token::integer:
      case Token::uinteger:
      case Token::number:
        return number(false);
      case Token::string:
      case Token::bytes: {
        ExprPtr expr = node(Form::constant, first.begin, first.begin);
        expr->text = first.value;
        expr->value = first.token == Token::string ? Value::string({}) : Value::bytes({});
        take();
        return finish(std::move(expr));
      }
      case Token::identifier:
        return name(false);
      default:
        break;
    }
    if (first.is("{")) return map();
    if (first.is("[")) {
      ExprPtr expr = node(Form::list, first.begin, first.begin);
      return arguments(*expr, "[", "]") ? finish(std::move(expr)) : nullptr;
    }
    if (accept("(")) {
      ExprPtr inside = expression();
      if (inside && !accept(")")) return expected("')'");
      return inside;
    }
    if (accept(".")) return now().token == Token::identifier ? name(true) : expected("a name");
    return expected("a value");
  }

  // A variable, a global call, or one of the words true, false, null.
  ExprPtr name(bool rooted) {
    const Lexeme& word = take();
    ExprPtr expr = node(Form::identifier, rooted ? word.begin - 1u : word.begin, word.begin);
    expr->rooted = rooted;
    expr->text = word.text;
    if (!rooted && (word.text == "true" || word.text == "false" || word.text == "null")) {
      expr->form = Form::constant;
      expr->value = word.text == "null" ? Value::null() : Value::boolean(word.text == "true");
      return finish(std::move(expr));
    }
    if (is_reserved(word.text)) return fail(word.begin, "'" + expr->text + "' is a reserved word");
    if (now().is("(")) {
      expr->form = Form::call;
      if (!arguments(*expr, "(", ")")) return nullptr;
    }
    return finish(std::move(expr));
  }

  ExprPtr number(bool negative) {
    const Lexeme& lexeme = take();
    ExprPtr expr = node(Form::constant, negative ? lexemes_[at_ - 2].begin : lexeme.begin, lexeme.begin);
    std::string text(negative ? "-" : "");
    text += lexeme.text;
    if (lexeme.token == Token::number) {
      if (!read_number(text, expr->value)) return fail(lexeme.begin, "the number is too large for a double");
    } else if (!read_integer(text, lexeme.token == Token::uinteger, expr->value)) {
      return fail(lexeme.begin, "the number does not fit 64 bits");
    }
    return finish(std::move(expr));
  }

  static bool read_number(const std::string& text, Value& out) {
    double value = 0;
    const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    // Out of range is zero for what is too small, and an error for what is too large.
    if (failure == std::errc::result_out_of_range) {
      if (text.find("e-") == std::string::npos && text.find("E-") == std::string::npos) return false;
      value = text[0] == '-' ? -0.0 : 0.0;
    }
    out = Value::number(value);
    return true;
  }

  static bool read_integer(std::string text, bool is_unsigned, Value& out) {
    if (is_unsigned) text.pop_back();
    const std::size_t hex = text.find("0x");
    if (hex != std::string::npos) text.erase(hex, 2);
    const int base = hex != std::string::npos ? 16 : 10;
    const char* end = text.data() + text.size();
    std::int64_t whole = 0;
    std::uint64_t natural = 0;
    const auto result = is_unsigned ? std::from_chars(text.data(), end, natural, base)
                                    : std::from_chars(text.data(), end, whole, base);
    if (result.ec != std::errc() || result.ptr != end) return false;
    out = is_unsigned ? Value::uinteger(natural) : Value::integer(whole);
    return true;
  }

  std::string_view source_;
  std::vector<Lexeme> lexemes_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  Error error_;
};

}  // namespace

Result<ExprPtr> parse(std::string_view source) {
  if (source.size() > kMaxSource) {
    return error(Code::limit, "the expression is longer than " + std::to_string(kMaxSource) + " bytes");
  }
  auto lexemes = lex(source);
  if (!lexemes) return std::move(lexemes).error();
  return Parser(source, std::move(*lexemes)).run();
}

}  // namespace bus::predicate
