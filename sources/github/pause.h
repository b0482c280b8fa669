// Pauses between tries at something outside: growing, jittered.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace bus::github {

// One thread.
class Pause {
 public:
  static constexpr std::chrono::milliseconds kFirst{1'000}, kLongest{60'000};

  explicit Pause(std::int64_t seed) : random_(static_cast<std::minstd_rand::result_type>(seed)) {}

  // The next one: between half and all of what doubles each time; at least `least`.
  std::chrono::microseconds next(std::chrono::microseconds least = {}) {
    const std::chrono::microseconds whole = next_;
    next_ = std::min<std::chrono::microseconds>(next_ * 2, kLongest);
    std::uniform_int_distribution<std::int64_t> part(whole.count() / 2, whole.count());
    return std::max(least, std::chrono::microseconds(part(random_)));
  }
  void reset() { next_ = kFirst; }

 private:
  std::minstd_rand random_;
  std::chrono::microseconds next_ = kFirst;
};

}  // namespace bus::github
