// LineCutter: finds the lines in a stream of bytes. Inside core/process only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/process/run_log.h"

namespace bus::process {

// One thread.
class LineCutter {
 public:
  // Calls each(piece, whole) for every line that `bytes` completes, without its newline, and for the parts of
  // those that grow over kLongestPart. The rest is kept for the next call.
  template <class Each>
  void feed(std::string_view bytes, const Each& each) {
    while (!bytes.empty()) {
      const auto newline = bytes.find('\n');
      const bool whole = newline != std::string_view::npos;
      std::string_view piece = bytes.substr(0, newline);
      bytes.remove_prefix(piece.size() + (whole ? 1 : 0));
      while (held_.size() + piece.size() > kLongestPart) {
        const std::size_t room = kLongestPart - held_.size();
        give(piece.substr(0, room), false, each);
        piece.remove_prefix(room);
      }
      if (whole) {
        give(piece, true, each);
      } else {
        held_.append(piece);
      }
    }
  }

  // Gives what is kept, as a part.
  template <class Each>
  void finish(const Each& each) {
    if (!held_.empty()) give({}, false, each);
  }

 private:
  template <class Each>
  void give(std::string_view piece, bool whole, const Each& each) {
    if (held_.empty()) return each(piece, whole);
    held_.append(piece);
    const std::string line = std::move(held_);
    held_.clear();
    each(std::string_view(line), whole);
  }

  std::string held_;  // at most kLongestPart
};

}  // namespace bus::process
