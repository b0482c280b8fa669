// Pace: when a burst of changes is told.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace bus::fs {

// Pure. A burst is over when nothing came for `quiet`, or `most` after it began. µs; quiet 0: at once.
class Pace {
 public:
  Pace(std::int64_t quiet, std::int64_t most) : quiet_(quiet), most_(std::max(quiet, most)) {}

  // Something came, and waits.
  void changed(std::int64_t now) {
    if (!first_) first_ = now;
    last_ = now;
  }
  // Nothing waits any more.
  void told() { first_.reset(); }
  // When it is told; nullopt: nothing waits.
  std::optional<std::int64_t> due() const {
    if (!first_) return std::nullopt;
    return std::min(last_ + quiet_, *first_ + most_);
  }

 private:
  const std::int64_t quiet_, most_;
  std::optional<std::int64_t> first_;
  std::int64_t last_ = 0;
};

}  // namespace bus::fs
