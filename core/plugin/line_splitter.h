// LineSplitter: from the bytes of a stream, in whatever pieces they come, to its lines.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bus::plugin {

struct Line {
  std::string_view text;    // without its newline
  bool cut = false;         // the line was longer than the bound; the rest is dropped
  bool unfinished = false;  // the last one, without a newline
};

// One thread. Never holds more than the bound.
class LineSplitter {
 public:
  // REQUIRES: bound > 0.
  explicit LineSplitter(std::size_t bound) : bound_(bound) {}

  // The lines that `bytes` completes, appended to `lines`. They point into `bytes` and into this, until the
  // next call.
  void feed(std::string_view bytes, std::vector<Line>& lines);
  // The stream has ended: what is left of a last line.
  void finish(std::vector<Line>& lines);

 private:
  std::size_t bound_;
  std::string carry_;  // the beginning of a line
  std::string head_;   // the carried line that was handed out
  bool skipping_ = false;
};

}  // namespace bus::plugin
