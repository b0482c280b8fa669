// Glob: one pattern as git's wildmatch takes it, in linear memory and without recursion.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bus::fs {

// Immutable; safe on any thread. Works on bytes.
//
// `?` and `[…]` match one byte that is no slash, `*` any number of them. `**` does the same, but at the
// pattern's start or behind a slash, and before a slash or the end, it matches over slashes; `**/` then also
// matches nothing. `[…]` knows ranges, `!` and `^`, `[:alpha:]` and the like, and backslashes; a backslash
// takes the next byte literally. A broken pattern matches nothing.
class Glob {
 public:
  explicit Glob(std::string_view pattern);
  // The whole of `text`. At most O(pattern × text²) for patterns with several `**`, else O(pattern × text).
  bool matches(std::string_view text) const;

  // How many bytes at the pattern's front stand for themselves.
  static std::size_t literal_prefix(std::string_view pattern);

 private:
  enum class What : std::uint8_t { byte, one, set, star, folders, anything, never };
  struct Token {
    What what;
    unsigned char byte = 0;
    std::uint16_t set = 0;
  };
  struct Place;

  void compile(std::string_view pattern);
  std::size_t compile_stars(std::string_view pattern, std::size_t at);
  std::size_t compile_set(std::string_view pattern, std::size_t at);
  bool step(const Token& token, unsigned char byte) const;

  std::vector<Token> tokens_;
  std::vector<std::bitset<256>> sets_;
};

}  // namespace bus::fs
