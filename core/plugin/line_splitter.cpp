#include "core/plugin/line_splitter.h"

#include <algorithm>

namespace bus::plugin {

void LineSplitter::feed(std::string_view bytes, std::vector<Line>& lines) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const bool whole = newline != std::string_view::npos;
    const std::string_view piece = bytes.substr(0, newline);
    bytes.remove_prefix(whole ? newline + 1 : bytes.size());
    if (skipping_) {
      skipping_ = !whole;
      continue;
    }
    const bool cut = piece.size() > bound_ - carry_.size();
    if (!whole && !cut) {
      carry_.append(piece);
      continue;
    }
    std::string_view text = piece.substr(0, bound_ - carry_.size());
    if (!carry_.empty()) {  // at most once a call: only the last piece is carried on
      head_.swap(carry_);
      carry_.clear();
      text = head_.append(text);
    }
    lines.push_back({text, cut, false});
    skipping_ = cut && !whole;
  }
}

void LineSplitter::finish(std::vector<Line>& lines) {
  skipping_ = false;
  if (carry_.empty()) return;
  head_.swap(carry_);
  carry_.clear();
  lines.push_back({head_, false, true});
}

}  // namespace bus::plugin
