#include "core/cli/on_place.h"

namespace bus::cli {

void OnPlace::read(std::uint64_t seq, std::uint64_t run) {
  if (run != 0) open_.insert(run);
  if (!stretches_.empty() && stretches_.back().run == run) {
    stretches_.back().last = seq;
  } else {
    stretches_.push_back({seq, run});
  }
  move_on();
}

void OnPlace::over(std::uint64_t run) {
  open_.erase(run);
  move_on();
}

void OnPlace::move_on() {
  while (!stretches_.empty() && !open_.contains(stretches_.front().run)) {
    done_ = stretches_.front().last;
    stretches_.pop_front();
  }
}

}  // namespace bus::cli
