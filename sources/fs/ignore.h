// Ignore rules: the lines of a .gitignore file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sources/fs/glob.h"

namespace bus::fs {

// What the rules say of a path.
enum class Verdict : std::uint8_t { silent, ignored, kept };

// One line: `!` negates, a slash at the end is for folders only, a slash elsewhere ties it to the rules' own
// folder, else it is for any name below. Blanks at the end do not count unless a backslash is before them.
class Pattern {
 public:
  explicit Pattern(std::string_view line);
  bool negated() const { return negated_; }
  // `path` is relative to the folder of the rules, without a slash at either end; `name` is its last part.
  bool matches(std::string_view path, std::string_view name, bool folder) const;

 private:
  bool negated_ = false;
  bool folders_only_ = false;
  bool any_name_ = false;  // no slash in it
  bool plain_ = false;     // nothing but the prefix
  bool tail_ = false;      // a star, and the prefix behind it
  std::string prefix_;     // what stands for itself
  Glob rest_;
};

// Immutable but for add(); safe on any thread then.
class Rules {
 public:
  static constexpr std::size_t kMaxPatterns = 10'000;

  Rules() = default;
  // The content of a file: comments, empty lines, a byte order mark and CR LF are as git takes them.
  // Patterns behind kMaxPatterns are left out.
  explicit Rules(std::string_view file);
  // One pattern; no comment.
  void add(std::string_view pattern);

  // The last pattern that matches decides. That a folder above is ignored is the caller's to see first.
  Verdict judge(std::string_view path, bool folder) const;
  bool empty() const { return patterns_.empty(); }

 private:
  std::vector<Pattern> patterns_;
};

}  // namespace bus::fs
