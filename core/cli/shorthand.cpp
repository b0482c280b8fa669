#include "core/cli/shorthand.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/json/writer.h"

namespace bus::cli {
namespace {

constexpr Option kFilters[] = {
    {.name = "source", .value = "NAME", .help = "source == NAME.", .many = Many::again},
    {.name = "type", .value = "TYPE", .help = "type == TYPE.", .many = Many::again},
    {.name = "scope", .value = "SCOPE", .help = "scope == SCOPE.", .many = Many::again},
    {.name = "sha", .value = "PREFIX", .help = "The task's commit begins so.", .many = Many::again},
    {.name = "state",
     .value = "STATE",
     .help = "task.state == STATE: pending, running, blocked, unknown, finished.",
     .many = Many::again},
    {.name = "result",
     .value = "RESULT",
     .help = "task.result == RESULT: success, skip, failure, error, timeout, cancellation.",
     .many = Many::again},
    {.name = "match",
     .value = "PATH=JSON",
     .help = "The event has that value there: data.action=\"opened\". The same path again is an alternative, "
             "another "
             "path a further condition.",
     .many = Many::again},
};

constexpr std::string_view kVariables[] = {"seq",  "id",       "source", "type",    "scope", "subject",
                                           "time", "received", "key",    "summary", "task",  "data"};
constexpr std::string_view kStates[] = {"pending", "running", "blocked", "unknown", "finished"};
constexpr std::string_view kResults[] = {"success", "skip", "failure", "error", "timeout", "cancellation"};

bool is_identifier(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  static constexpr std::string_view kReserved[] = {
      "true",     "false",   "null",      "in",       "as",  "break",  "const",
      "continue", "else",    "for",       "function", "if",  "import", "let",
      "loop",     "package", "namespace", "return",   "var", "void",   "while"};
  if (std::find(std::begin(kReserved), std::end(kReserved), text) != std::end(kReserved)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_index(std::string_view text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Result<std::string> cel_path(std::string_view path) {
  std::string out;
  for (const std::string_view segment : split(path, '.')) {
    if (segment.empty())
      return error(Code::invalid, "--match: the path '" + std::string(path) + "' has an empty part");
    if (out.empty()) {
      if (std::find(std::begin(kVariables), std::end(kVariables), segment) == std::end(kVariables)) {
        return error(Code::invalid, "--match: '" + std::string(segment) + "' is no field of an event",
                     "the source's own words are in data: data." + std::string(path));
      }
      out = segment;
    } else if (is_index(segment)) {
      out += "[" + std::string(segment) + "]";
    } else if (is_identifier(segment)) {
      out += "." + std::string(segment);
    } else {
      out += "[" + cel_string(segment) + "]";
    }
  }
  return out;
}

// `path == a`, or `(path == a || path == b)`.
std::string equals_any(const std::string& path, const std::vector<std::string>& literals) {
  std::string out;
  for (const std::string& literal : literals) {
    out.append(out.empty() ? "" : " || ").append(path).append(" == ").append(literal);
  }
  return literals.size() > 1 ? "(" + out + ")" : out;
}

Status check_words(std::string_view option, const std::vector<std::string>& given,
                   std::span<const std::string_view> words) {
  for (const std::string& word : given) {
    if (words.empty() || std::find(words.begin(), words.end(), word) != words.end()) continue;
    std::string all;
    for (const std::string_view known : words) all += (all.empty() ? "" : ", ") + std::string(known);
    const std::string_view near = nearest(word, words);
    return error(Code::invalid, "--" + std::string(option) + ": unknown word '" + word + "'",
                 near.empty() ? "one of: " + all : "did you mean '" + std::string(near) + "'?");
  }
  return Ok{};
}

Result<std::string> sha_term(const std::vector<std::string>& prefixes) {
  std::string out;
  for (const std::string& given : prefixes) {
    const std::string prefix = lower_ascii(given);
    if (prefix.size() < 4 || prefix.size() > 64 ||
        prefix.find_first_not_of("0123456789abcdef") != std::string::npos) {
      return error(Code::invalid, "--sha must be 4 to 64 hexadecimal digits, not '" + given + "'",
                   "give a commit, as from: git rev-parse HEAD");
    }
    out += (out.empty() ? "" : " || ") + std::string("task.sha.startsWith(\"") + prefix + "\")";
  }
  return prefixes.size() > 1 ? "(" + out + ")" : out;
}

Status add_matches(const std::vector<std::string>& given, std::vector<std::string>& terms) {
  std::vector<std::pair<std::string, std::vector<std::string>>> by_path;
  for (const std::string& text : given) {
    auto term = parse_match(text);
    if (!term) return std::move(term).error();
    const auto same =
        std::find_if(by_path.begin(), by_path.end(), [&](const auto& p) { return p.first == term->path; });
    if (same == by_path.end()) {
      by_path.push_back({term->path, {term->value}});
    } else {
      same->second.push_back(term->value);
    }
  }
  for (const auto& [path, values] : by_path) terms.push_back(equals_any(path, values));
  return Ok{};
}

void append_list(std::string& out, json::Node list) {
  out += '[';
  bool first = true;
  for (const json::Node element : list.elements()) {
    if (!std::exchange(first, false)) out += ", ";
    out += cel_literal(element);
  }
  out += ']';
}

void append_map(std::string& out, json::Node object) {
  out += '{';
  bool first = true;
  for (const json::Member member : object.members()) {
    if (!std::exchange(first, false)) out += ", ";
    out += cel_string(member.key) + ": " + cel_literal(member.value);
  }
  out += '}';
}

}  // namespace

std::span<const Option> filter_options() {
  return kFilters;
}

std::string cel_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += "\\x" + hex(std::string_view(&c, 1));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string cel_literal(json::Node value) {
  std::string out;
  switch (value.type()) {
    case json::Type::boolean:
      return value.boolean().value_or(false) ? "true" : "false";
    case json::Type::integer:
      return std::to_string(value.integer().value_or(0));
    case json::Type::uinteger:
      return std::to_string(value.uinteger().value_or(0)) + "u";
    case json::Type::number: {
      json::Writer(out).number(value.number().value_or(0));
      return out.find_first_of(".e") == std::string::npos ? out + ".0" : out;
    }
    case json::Type::string:
      return cel_string(value.string_or(""));
    case json::Type::array:
      append_list(out, value);
      return out;
    case json::Type::object:
      append_map(out, value);
      return out;
    case json::Type::missing:
    case json::Type::null:
      break;
  }
  return "null";
}

Result<MatchTerm> parse_match(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return error(Code::invalid, "--match must be PATH=JSON, not '" + std::string(text) + "'",
                 "as in --match 'data.action=\"opened\"'");
  }
  auto path = cel_path(trim(text.substr(0, equals)));
  if (!path) return std::move(path).error();
  json::Document document;
  const std::string_view value = trim(text.substr(equals + 1));
  const auto node = value.empty() ? Result<json::Node>(json::Node()) : document.parse(value);
  if (!node || !node->exists()) {
    return error(Code::invalid, "--match: '" + std::string(value) + "' is no JSON value",
                 "text needs its quotes: --match '" + std::string(text.substr(0, equals)) + "=\"" +
                     std::string(value) + "\"'");
  }
  return MatchTerm{std::move(*path), cel_literal(*node)};
}

Result<std::string> filter_expression(const Arguments& arguments, std::string_view expression) {
  struct Sugar {
    std::string_view option;
    std::string path;
    std::span<const std::string_view> words;
  };
  const Sugar sugars[] = {{"source", "source", {}},
                          {"type", "type", {}},
                          {"scope", "scope", {}},
                          {"state", "task.state", kStates},
                          {"result", "task.result", kResults}};
  std::vector<std::string> terms;
  for (const Sugar& sugar : sugars) {
    const std::vector<std::string> given = arguments.all(sugar.option);
    if (given.empty()) continue;
    if (Status known = check_words(sugar.option, given, sugar.words); !known) return std::move(known).error();
    std::vector<std::string> literals;
    literals.reserve(given.size());
    for (const std::string& word : given) literals.push_back(cel_string(word));
    terms.push_back(equals_any(sugar.path, literals));
  }
  if (const auto prefixes = arguments.all("sha"); !prefixes.empty()) {
    auto term = sha_term(prefixes);
    if (!term) return term;
    terms.push_back(std::move(*term));
  }
  if (Status added = add_matches(arguments.all("match"), terms); !added) return std::move(added).error();
  if (terms.empty()) return std::string(expression);
  if (!trim(expression).empty()) terms.push_back("(" + std::string(expression) + ")");
  std::string out;
  for (const std::string& term : terms) out += (out.empty() ? "" : " && ") + term;
  return out;
}

}  // namespace bus::cli
