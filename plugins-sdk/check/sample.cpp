#include "plugins-sdk/check/sample.h"

#include <cstddef>
#include <sstream>

#include "plugins-sdk/check/findings.h"

namespace bus::check {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

// Takes a string from the front of `rest`.
std::optional<std::string> take_text(std::string_view& rest) {
  const char quote = rest.empty() ? '\0' : rest[0];
  if (quote != '"' && quote != '\'') return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == quote) {
      rest.remove_prefix(i + 1);
      return out;
    }
    if (quote == '"' && rest[i] == '\\') {
      if (++i == rest.size()) break;
      out += rest[i] == 'n' ? '\n' : rest[i] == 't' ? '\t' : rest[i];
    } else {
      out += rest[i];
    }
  }
  return std::nullopt;
}

bool at_end(std::string_view rest) {
  rest = trimmed(rest);
  return rest.empty() || rest[0] == '#';
}

std::optional<Value> read_list(std::string_view rest) {
  Value out{Value::list, {}};
  rest = trimmed(rest.substr(1));
  while (!rest.empty() && rest[0] != ']') {
    auto element = take_text(rest);
    if (!element) return std::nullopt;
    out.texts.push_back(std::move(*element));
    rest = trimmed(rest);
    if (!rest.empty() && rest[0] == ',') rest = trimmed(rest.substr(1));
  }
  if (rest.empty() || !at_end(rest.substr(1))) return std::nullopt;
  return out;
}

// "key = value"; false if the line is no such thing.
bool read_setting(std::string_view line, std::map<std::string, Value>& into) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = trimmed(line.substr(0, equals));
  auto value = read_value(trimmed(line.substr(equals + 1)));
  if (!is_word(key) || !value) return false;
  into[std::string(key)] = std::move(*value);
  return true;
}

}  // namespace

std::optional<Value> read_value(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text[0] == '[') return read_list(text);
  if (text[0] == '"' || text[0] == '\'') {
    auto out = take_text(text);
    if (!out || !at_end(text)) return std::nullopt;
    return Value{Value::text, {std::move(*out)}};
  }
  const std::string_view word = trimmed(text.substr(0, text.find('#')));
  if (word == "true" || word == "false") return Value{Value::boolean, {std::string(word)}};
  std::string digits;
  for (const char c : word) {
    if (c != '_') digits += c;
  }
  const std::string_view number = std::string_view(digits).substr(digits.starts_with('-') ? 1 : 0);
  if (number.empty() || number.size() > 18 ||
      number.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return Value{Value::number, {digits}};
}

Sample read_sample(const std::string& text) {
  Sample out;
  std::istringstream in(text);
  int number = 0, tables = 0;
  for (std::string raw; std::getline(in, raw);) {
    ++number;
    const std::string_view line = trimmed(raw);
    if (line.empty()) continue;
    if (line[0] == '[') {
      if (++tables > 1) out.problems.push_back("line " + std::to_string(number) + ": a second table");
    } else if (line[0] == '#') {
      read_setting(trimmed(line.substr(1)), out.offered);
    } else if (!read_setting(line, out.set)) {
      out.problems.push_back("line " + std::to_string(number) + ": it cannot be read");
    }
  }
  return out;
}

}  // namespace bus::check
