#include "sinks/nats/subject.h"

#include <algorithm>
#include <array>
#include <utility>

namespace bus::nats {
namespace {

constexpr std::size_t kMaxField = 200;
constexpr std::size_t kMaxTemplate = 200;

constexpr std::array<std::pair<std::string_view, std::string_view SubjectFields::*>, 4> kFields = {{
    {"origin", &SubjectFields::origin},
    {"source", &SubjectFields::source},
    {"type", &SubjectFields::type},
    {"scope", &SubjectFields::scope},
}};

bool has_a_meaning(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '.' || c == '*' || c == '>';
}

void append_field(std::string& out, std::string_view value) {
  value = clip(value, kMaxField);
  if (value.empty()) out += '_';
  for (const char c : value) out += has_a_meaning(c) ? '_' : c;
}

// What stands between the fields may have dots, and nothing else that has a meaning.
void check(std::string_view subject) {
  const auto bad = [](char c) { return has_a_meaning(c) && c != '.'; };
  const bool empty_token = subject.empty() || subject.front() == '.' || subject.back() == '.' ||
                           subject.find("..") != std::string_view::npos;
  if (empty_token || subject.front() == '$' || std::any_of(subject.begin(), subject.end(), bad))
    throw Failure(invalid("subject must be tokens with dots between, without blanks, * and >"));
}

}  // namespace

SubjectTemplate::SubjectTemplate(std::string_view text) {
  if (text.size() > kMaxTemplate) throw Failure(invalid("subject must have at most 200 bytes"));
  while (!text.empty()) {
    Piece piece;
    const std::size_t open = text.find('{');
    piece.text = text.substr(0, open);
    text.remove_prefix(std::min(text.size(), piece.text.size()));
    if (!text.empty()) {
      const std::size_t close = text.find('}');
      const std::string_view name = text.substr(1, close == std::string_view::npos ? close : close - 1);
      for (const auto& [known, field] : kFields) {
        if (known == name) piece.field = field;
      }
      if (close == std::string_view::npos || piece.field == nullptr)
        throw Failure(invalid("subject knows {origin}, {source}, {type} and {scope}"));
      text.remove_prefix(close + 1);
    }
    pieces_.push_back(std::move(piece));
  }
  check(fill({"o", "s", "t", "c"}));
}

std::string SubjectTemplate::fill(const SubjectFields& fields) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    out += piece.text;
    if (piece.field != nullptr) append_field(out, fields.*piece.field);
  }
  return out;
}

std::string SubjectTemplate::wildcard() const {
  std::string marked;
  for (const Piece& piece : pieces_) {
    marked += piece.text;
    if (piece.field != nullptr) marked += '*';
  }
  std::string out;
  for (std::size_t at = 0; at <= marked.size();) {
    const std::size_t end = std::min(marked.find('.', at), marked.size());
    const std::string token = marked.substr(at, end - at);
    if (at != 0) out += '.';
    out += token.find('*') == std::string::npos ? token : "*";
    at = end + 1;
  }
  return out;
}

}  // namespace bus::nats
