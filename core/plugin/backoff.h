// Pauses between tries: growing from 0.5 s to 60 s, jittered so that many do not try at once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "core/base/clock.h"

namespace bus::plugin {

class Backoff {
 public:
  static constexpr microseconds kFirst{500'000};
  static constexpr microseconds kMost{60'000'000};

  explicit Backoff(std::uint32_t seed) : random_(seed) {}

  // Between half of the step and all of it; the steps double.
  microseconds next() {
    const microseconds step = step_;
    step_ = std::min(step_ * 2, kMost);
    std::uniform_int_distribution<std::int64_t> within(step.count() / 2, step.count());
    return microseconds(within(random_));
  }
  void reset() { step_ = kFirst; }

 private:
  std::minstd_rand random_;
  microseconds step_ = kFirst;
};

}  // namespace bus::plugin
