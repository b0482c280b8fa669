#include "sources/fs/glob.h"

#include <algorithm>
#include <optional>

namespace bus::fs {
namespace {

using Set = std::bitset<256>;

// As in the C locale.
bool in_class(std::string_view name, unsigned c, bool& known) {
  known = true;
  const bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z', digit = c >= '0' && c <= '9';
  const bool graph = c > ' ' && c < 127;
  if (name == "alnum") return lower || upper || digit;
  if (name == "alpha") return lower || upper;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return c < ' ' || c == 127;
  if (name == "digit") return digit;
  if (name == "graph") return graph;
  if (name == "lower") return lower;
  if (name == "print") return graph || c == ' ';
  if (name == "punct") return graph && !lower && !upper && !digit;
  if (name == "space") return c == ' ' || (c >= '\t' && c <= '\r');
  if (name == "upper") return upper;
  if (name == "xdigit") return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  known = false;
  return false;
}

bool add_class(Set& set, std::string_view name) {
  bool known = false;
  for (unsigned c = 0; c < 256; ++c) {
    if (in_class(name, c, known)) set.set(c);
  }
  return known;
}

// The inside of [...]: from behind the bracket and the negation to behind the closing bracket. nullopt:
// broken.
class SetReader {
 public:
  SetReader(std::string_view pattern, std::size_t at) : pattern_(pattern), at_(at) {}

  std::optional<std::size_t> read(Set& set) {
    do {
      if (at_ >= pattern_.size() || !read_one(set)) return std::nullopt;
      ++at_;
    } while (at_ >= pattern_.size() || pattern_[at_] != ']');
    return at_ + 1;
  }

 private:
  unsigned char byte(std::size_t i) const { return static_cast<unsigned char>(pattern_[i]); }
  bool has(std::size_t i) const { return i < pattern_.size(); }

  // Leaves at_ on the last byte it has used.
  bool read_one(Set& set) {
    if (pattern_[at_] == '\\') {
      if (!has(++at_)) return false;
      set.set(byte(at_));
      previous_ = byte(at_);
    } else if (pattern_[at_] == '-' && previous_ != 0 && has(at_ + 1) && pattern_[at_ + 1] != ']') {
      ++at_;
      if (pattern_[at_] == '\\' && !has(++at_)) return false;
      for (unsigned c = previous_; c <= byte(at_); ++c) set.set(c);
      previous_ = 0;
    } else if (pattern_[at_] == '[' && has(at_ + 1) && pattern_[at_ + 1] == ':') {
      return read_class(set);
    } else {
      set.set(byte(at_));
      previous_ = byte(at_);
    }
    return true;
  }

  bool read_class(Set& set) {
    const std::size_t name = at_ + 2, end = pattern_.find(']', name);
    if (end == std::string_view::npos) return false;
    if (end == name || pattern_[end - 1] != ':') {  // no class after all: a bracket
      set.set('[');
      previous_ = '[';
      return true;
    }
    at_ = end;
    previous_ = 0;
    return add_class(set, pattern_.substr(name, end - 1 - name));
  }

  std::string_view pattern_;
  std::size_t at_;
  unsigned previous_ = 0;  // the byte that a range would begin with
};

}  // namespace

std::size_t Glob::literal_prefix(std::string_view pattern) {
  const std::size_t special = pattern.find_first_of("*?[\\");
  return special == std::string_view::npos ? pattern.size() : special;
}

Glob::Glob(std::string_view pattern) {
  compile(pattern);
}

void Glob::compile(std::string_view pattern) {
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '*') {
      at = compile_stars(pattern, at);
    } else if (c == '[') {
      at = compile_set(pattern, at);
    } else if (c == '?') {
      tokens_.push_back({What::one});
      ++at;
    } else {
      if (c == '\\') ++at;
      if (at < pattern.size()) {
        tokens_.push_back({What::byte, static_cast<unsigned char>(pattern[at])});
      } else {
        tokens_.push_back({What::never});
      }
      ++at;
    }
  }
}

std::size_t Glob::compile_stars(std::string_view pattern, std::size_t at) {
  const std::size_t begin = at;
  at = std::min(pattern.find_first_not_of('*', at), pattern.size());
  const std::string_view rest = pattern.substr(at);
  const bool alone = begin == 0 || pattern[begin - 1] == '/';
  if (at - begin < 2 || !alone || !(rest.empty() || rest[0] == '/' || rest.starts_with("\\/"))) {
    tokens_.push_back({What::star});
    return at;
  }
  if (!rest.empty() && rest[0] == '/') {
    tokens_.push_back({What::folders});
    return at + 1;
  }
  tokens_.push_back({What::anything});
  return at;
}

std::size_t Glob::compile_set(std::string_view pattern, std::size_t at) {
  ++at;
  const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (negated) ++at;
  Set set;
  const auto end = SetReader(pattern, at).read(set);
  if (!end) {
    tokens_.push_back({What::never});
    return pattern.size();
  }
  if (negated) set.flip();
  set.reset('/');
  tokens_.push_back({What::set, 0, static_cast<std::uint16_t>(sets_.size())});
  sets_.push_back(set);
  return *end;
}

bool Glob::step(const Token& token, unsigned char byte) const {
  switch (token.what) {
    case What::byte:
      return token.byte == byte;
    case What::one:
      return byte != '/';
    case What::set:
      return sets_[token.set].test(byte);
    case What::star:
    case What::folders:
    case What::anything:
    case What::never:
      break;
  }
  return false;
}

// Where to go on when what follows a star did not match. Only the last star of each sort has to be tried
// again: one before it can give nothing that the later one cannot take.
struct Glob::Place {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t token = kNone, at = 0;
  bool set() const { return token != kNone; }
};

bool Glob::matches(std::string_view text) const {
  Place star, deep;
  bool by_folder = false;  // deep goes on behind the next slash, else at the next byte
  std::size_t token = 0, at = 0;
  for (;;) {
    if (token < tokens_.size()) {
      const Token& next = tokens_[token];
      if (next.what == What::star) {
        star = {++token, at};
        continue;
      }
      if (next.what == What::folders || next.what == What::anything) {
        by_folder = next.what == What::folders;
        deep = {++token, at};
        star = {};
        continue;
      }
      if (at < text.size() && step(next, static_cast<unsigned char>(text[at]))) {
        ++token, ++at;
        continue;
      }
    } else if (at == text.size()) {
      return true;
    }
    if (star.set() && star.at < text.size() && text[star.at] != '/') {
      at = ++star.at;
      token = star.token;
      continue;
    }
    if (!deep.set()) return false;
    if (by_folder) {
      const std::size_t slash = text.find('/', deep.at);
      if (slash == std::string_view::npos) return false;
      deep.at = slash;
    }
    if (deep.at >= text.size()) return false;
    at = ++deep.at;
    token = deep.token;
    star = {};
  }
}

}  // namespace bus::fs
