#include "sources/alertmanager/matcher.h"

#include <algorithm>

namespace bus::alertmanager {
namespace {

constexpr std::size_t kMaxText = 256;
constexpr std::string_view kBlank = " \t";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// Takes `"text"` with the escapes \" and \\ from the front.
std::optional<std::string> take_quoted(std::string_view& rest) {
  if (!rest.starts_with('"')) return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return out;
    }
    if (rest[i] == '\\' && ++i == rest.size()) return std::nullopt;
    out += rest[i];
  }
  return std::nullopt;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// Takes `label="value"` from the front.
std::optional<std::pair<std::string, std::string>> take_label(std::string_view& rest) {
  const std::size_t equals = rest.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view name = trim(rest.substr(0, equals));
  rest = trim(rest.substr(equals + 1));
  auto value = take_quoted(rest);
  if (!value || !is_name(name)) return std::nullopt;
  rest = trim(rest);
  return std::pair(std::string(name), std::move(*value));
}

}  // namespace

std::optional<Matcher> Matcher::parse(std::string_view text) {
  if (text.size() > kMaxText) return std::nullopt;
  text = trim(text);
  const std::size_t brace = text.find('{');
  const std::string_view name = trim(text.substr(0, brace));
  if (name.empty() || name.find_first_of("\"}") != std::string_view::npos) return std::nullopt;
  Matcher made;
  made.labels_.emplace_back("alertname", name);
  made.text_ = name;
  if (brace == std::string_view::npos) return made;
  if (!text.ends_with('}')) return std::nullopt;
  std::string_view rest = trim(text.substr(brace + 1, text.size() - brace - 2));
  made.text_ += '{';
  while (!rest.empty()) {
    auto label = take_label(rest);
    if (!label) return std::nullopt;
    if (made.labels_.size() > 1) made.text_ += ',';
    made.text_.append(label->first).append("=").append(quoted(label->second));
    made.labels_.push_back(std::move(*label));
    if (rest.empty()) break;
    if (rest[0] != ',') return std::nullopt;
    rest = trim(rest.substr(1));
  }
  made.text_ += '}';
  return made;
}

bool Matcher::matches(const std::function<std::string_view(std::string_view)>& label) const {
  return std::all_of(labels_.begin(), labels_.end(),
                     [&](const auto& one) { return label(one.first) == one.second; });
}

}  // namespace bus::alertmanager
