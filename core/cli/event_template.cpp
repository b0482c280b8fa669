#include "core/cli/event_template.h"

#include <utility>

#include "core/base/text.h"

namespace bus::cli {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-';
}

}  // namespace

// Reads a template from left to right.
class EventTemplate::Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::vector<Part>> parts() {
    std::vector<Part> parts;
    for (;;) {
      Part part;
      part.literal = literal();
      if (at_ == text_.size()) {
        part.end = true;
        parts.push_back(std::move(part));
        return parts;
      }
      if (Status read = action(part); !read) return std::move(read).error();
      parts.push_back(std::move(part));
    }
  }

 private:
  bool sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  bool sees_word() const { return at_ < text_.size() && is_word(text_[at_]); }
  bool takes(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  std::string_view word() {
    const std::size_t begin = at_;
    while (sees_word()) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // The mistake stands at `at`, a place in the template.
  Error wrong(std::size_t at, std::string_view why) const {
    const std::string shown = printable(text_);
    std::string hint = shown;
    // A template with characters that are not shown one for one gets no caret.
    if (shown == text_) hint += "\n" + std::string(at, ' ') + "^";
    return error(Code::invalid, "--format: column " + std::to_string(at + 1) + ": " + std::string(why),
                 std::move(hint));
  }

  // Up to the next {{, or to the end.
  std::string literal() {
    std::string out;
    while (at_ < text_.size() && !sees("{{")) {
      const char c = text_[at_++];
      const char next = at_ < text_.size() ? text_[at_] : '\0';
      if (c == '\\' && (next == 'n' || next == 't' || next == '\\')) {
        out += next == 'n' ? '\n' : next == 't' ? '\t' : '\\';
        ++at_;
      } else {
        out += c;
      }
    }
    return out;
  }

  Status action(Part& part) {
    const std::size_t begin = at_;
    at_ += 2;
    skip_spaces();
    const std::size_t first = at_;
    const std::string_view name = word();
    const bool spaced = at_ < text_.size() && is_space(text_[at_]);
    skip_spaces();
    if (!name.empty() && spaced && !sees("}}")) {
      if (name != "json")
        return wrong(first, "unknown function '" + std::string(name) + "'; the only one is json");
      part.json = true;
    } else {
      at_ = first;
    }
    if (Status read = path(part.path); !read) return read;
    skip_spaces();
    if (sees("}}")) {
      at_ += 2;
      return Ok{};
    }
    if (at_ == text_.size()) return wrong(begin, "{{ without }}");
    return wrong(at_, "}} is expected here");
  }

  Status path(std::vector<Step>& steps) {
    const std::size_t begin = at_;
    const bool dot = takes('.');
    if (sees_word()) {
      steps.emplace_back(std::string(word()));
    } else if (!dot) {
      return wrong(begin, "a field of the event is expected here, as in .summary");
    }
    for (;;) {
      if (takes('[')) {
        if (Status read = bracket(steps); !read) return read;
      } else if (!steps.empty() && takes('.')) {
        if (!sees_word()) return wrong(at_, "a name is expected behind the dot");
        steps.push_back(dotted(word()));
      } else {
        return Ok{};
      }
    }
  }

  static bool is_index(std::string_view text) {
    return text.size() < 10 && text.find_first_not_of("0123456789") == std::string_view::npos;
  }
  static std::size_t number(std::string_view digits) {
    std::size_t value = 0;
    for (const char c : digits) value = value * 10 + static_cast<std::size_t>(c - '0');
    return value;
  }
  static Step dotted(std::string_view name) {
    if (is_index(name)) return number(name);
    return std::string(name);
  }

  // Behind [ : an index or a quoted key, and ].
  Status bracket(std::vector<Step>& steps) {
    const std::size_t begin = at_;
    if (takes('"')) {
      const std::size_t close = text_.find('"', at_);
      if (close == std::string_view::npos) return wrong(begin, "the text is not closed");
      steps.emplace_back(std::string(text_.substr(at_, close - at_)));
      at_ = close + 1;
    } else {
      const std::string_view digits = word();
      if (digits.empty() || !is_index(digits))
        return wrong(begin, "an index or a quoted key is expected here");
      steps.emplace_back(number(digits));
    }
    if (!takes(']')) return wrong(at_, "] is expected here");
    return Ok{};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<EventTemplate> EventTemplate::parse(std::string_view text) {
  auto parts = Reader(text).parts();
  if (!parts) return std::move(parts).error();
  EventTemplate out;
  out.parts_ = std::move(*parts);
  return out;
}

bool EventTemplate::wants_data() const {
  for (const Part& part : parts_) {
    if (part.end) continue;
    if (part.path.empty()) return true;
    const auto* first = std::get_if<std::string>(&part.path.front());
    if (first != nullptr && *first == "data") return true;
  }
  return false;
}

std::string EventTemplate::line(json::Node node, std::string_view text) const {
  std::string out;
  for (const Part& part : parts_) {
    out += part.literal;
    if (part.end) break;
    json::Node value = node;
    std::string_view raw = text;
    for (const Step& step : part.path) {
      const auto* index = std::get_if<std::size_t>(&step);
      // A name of digits alone is an index of a list, and else a key.
      const std::string key = index == nullptr ? std::get<std::string>(step) : std::to_string(*index);
      if (value.is_array() && index != nullptr) {
        value = value.at(*index);
        json::RawElements elements(raw);
        for (std::size_t i = 0; i <= *index && value.exists(); ++i) raw = elements.next();
      } else {
        value = value[key];
        if (value.exists()) raw = json::raw_member(raw, key);
      }
      if (!value.exists()) break;
    }
    if (!value.exists() || (value.is_null() && !part.json)) continue;
    if (part.json) {
      out += raw;
    } else if (const auto words = value.string()) {
      out += printable(*words);
    } else {
      out += printable(raw);
    }
  }
  return out;
}

}  // namespace bus::cli
