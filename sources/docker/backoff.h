// Pauses between tries: growing from 0.5 s to 60 s, jittered so that many do not try at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace bus::docker {

class Backoff {
 public:
  static constexpr std::chrono::microseconds kFirst{500'000};
  static constexpr std::chrono::microseconds kMost{60'000'000};

  explicit Backoff(std::uint32_t seed) : random_(seed) {}

  // Between half of the step and all of it; the steps double.
  std::chrono::microseconds next() {
    const std::chrono::microseconds step = step_;
    step_ = std::min(step_ * 2, kMost);
    std::uniform_int_distribution<std::int64_t> within(step.count() / 2, step.count());
    return std::chrono::microseconds(within(random_));
  }
  bool at_most() const { return step_ == kMost; }
  void reset() { step_ = kFirst; }

 private:
  std::minstd_rand random_;
  std::chrono::microseconds step_ = kFirst;
};

}  // namespace bus::docker
