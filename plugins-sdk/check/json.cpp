#include "plugins-sdk/check/json.h"

#include <cstddef>

namespace bus::check {
namespace {

constexpr int kDeepest = 200;

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool document() {
    blank();
    const bool good = value(0);
    blank();
    return good && rest_.empty();
  }

 private:
  bool value(int depth) {
    if (rest_.empty() || depth > kDeepest) return false;
    if (rest_[0] == '{') return container('}', depth, true);
    if (rest_[0] == '[') return container(']', depth, false);
    if (rest_[0] == '"') return text();
    return word("true") || word("false") || word("null") || number();
  }
  bool container(char end, int depth, bool named) {
    rest_.remove_prefix(1);
    blank();
    if (take(end)) return true;
    do {
      blank();
      if (named) {
        if (!text()) return false;
        blank();
        if (!take(':')) return false;
        blank();
      }
      if (!value(depth + 1)) return false;
      blank();
    } while (take(','));
    return take(end);
  }
  bool text() {
    if (!take('"')) return false;
    while (!rest_.empty() && rest_[0] != '"') {
      if (static_cast<unsigned char>(rest_[0]) < 0x20) return false;
      const bool escaped = take('\\');
      if (escaped && !escape()) return false;
      if (!escaped) rest_.remove_prefix(1);
    }
    return take('"');
  }
  bool escape() {
    constexpr std::string_view kHex = "0123456789abcdefABCDEF";
    if (!take('u')) {
      if (rest_.empty() || std::string_view("\"\\/bfnrt").find(rest_[0]) == std::string_view::npos)
        return false;
      rest_.remove_prefix(1);
      return true;
    }
    if (rest_.size() < 4 || rest_.substr(0, 4).find_first_not_of(kHex) != std::string_view::npos)
      return false;
    rest_.remove_prefix(4);
    return true;
  }
  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('-')) take('+');
      return digits();
    }
    return true;
  }
  bool digits() {
    const std::size_t n = rest_.find_first_not_of("0123456789");
    const std::size_t length = n == std::string_view::npos ? rest_.size() : n;
    rest_.remove_prefix(length);
    return length != 0;
  }
  bool word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void blank() {
    const std::size_t n = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(n == std::string_view::npos ? rest_.size() : n);
  }

  std::string_view rest_;
};

}  // namespace

bool is_json(std::string_view text) {
  return Reader(text).document();
}

}  // namespace bus::check
