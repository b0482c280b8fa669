#include "core/rules/surroundings.h"

#include <utility>

namespace bus::rules {

bool Slots::take(std::function<void()> again) {
  if (free_ > 0) {
    --free_;
    return true;
  }
  waiting_.push_back(std::move(again));
  return false;
}

void Slots::give() {
  ++free_;
  if (waiting_.empty()) return;
  const auto again = std::move(waiting_.front());
  waiting_.pop_front();
  again();
}

}  // namespace bus::rules
