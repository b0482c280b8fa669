#include "sources/fs/ignore.h"

#include <algorithm>

namespace bus::fs {
namespace {

std::string_view without_trailing_blanks(std::string_view line) {
  std::size_t end = std::string_view::npos;  // where blanks began that may be the last
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') {
      if (end == std::string_view::npos) end = i;
      continue;
    }
    if (line[i] == '\\' && ++i == line.size()) return line;
    end = std::string_view::npos;
  }
  return end == std::string_view::npos ? line : line.substr(0, end);
}

std::string_view behind(std::string_view text, char first) {
  return !text.empty() && text[0] == first ? text.substr(1) : text;
}

// Without the negation and the slash at the end.
std::string_view body(std::string_view line) {
  line = behind(line, '!');
  if (!line.empty() && line.back() == '/') line.remove_suffix(1);
  return line;
}

std::string_view tied_body(std::string_view line) {
  return behind(body(line), '/');
}

bool only_tail(std::string_view pattern) {
  return pattern.size() > 1 && pattern[0] == '*' &&
         Glob::literal_prefix(pattern.substr(1)) == pattern.size() - 1;
}

}  // namespace

Pattern::Pattern(std::string_view line)
    : negated_(line.starts_with('!')),
      any_name_(body(line).find('/') == std::string_view::npos),
      rest_(tied_body(line).substr(Glob::literal_prefix(tied_body(line)))) {
  const std::string_view own = behind(line, '!');
  folders_only_ = !own.empty() && own.back() == '/';
  const std::string_view pattern = tied_body(line);
  tail_ = any_name_ && only_tail(pattern);
  prefix_ = tail_ ? pattern.substr(1) : pattern.substr(0, Glob::literal_prefix(pattern));
  plain_ = !tail_ && prefix_.size() == pattern.size();
}

bool Pattern::matches(std::string_view path, std::string_view name, bool folder) const {
  if (folders_only_ && !folder) return false;
  const std::string_view text = any_name_ ? name : path;
  if (tail_) return text.ends_with(prefix_);
  if (!text.starts_with(prefix_)) return false;
  return plain_ ? text.size() == prefix_.size() : rest_.matches(text.substr(prefix_.size()));
}

Rules::Rules(std::string_view file) {
  if (file.starts_with("\xEF\xBB\xBF")) file.remove_prefix(3);
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    std::string_view line = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));
    line = line.substr(0, line.find('\0'));
    if (line.empty() || line[0] == '#') continue;
    if (line.back() == '\r') line.remove_suffix(1);
    add(without_trailing_blanks(line));
  }
}

void Rules::add(std::string_view pattern) {
  if (patterns_.size() < kMaxPatterns) patterns_.emplace_back(pattern);
}

Verdict Rules::judge(std::string_view path, bool folder) const {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern) {
    if (pattern->matches(path, name, folder)) return pattern->negated() ? Verdict::kept : Verdict::ignored;
  }
  return Verdict::silent;
}

}  // namespace bus::fs
