// How fast things may go on: pauses that grow, and a number of lines a minute.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <utility>

namespace bus::exec {

// The pause before a program is started again: doubled each time, up to a bound, and a fifth more or less, so
// that several do not go in step. A run that lasted for a minute, or as long as the largest pause, starts it
// over.
class Pauses {
 public:
  Pauses(std::chrono::microseconds first, std::chrono::microseconds largest, std::uint32_t seed)
      : first_(first), largest_(std::max(first, largest)), next_(first), random_(seed) {}

  std::chrono::microseconds after(std::chrono::microseconds run) {
    constexpr std::chrono::minutes kSteady(1);
    if (run >= std::min<std::chrono::microseconds>(largest_, kSteady)) next_ = first_;
    const auto pause = next_;
    next_ = std::min(next_ * 2, largest_);
    return pause * std::uniform_int_distribution<int>(80, 120)(random_) / 100;
  }

 private:
  std::chrono::microseconds first_, largest_, next_;
  std::minstd_rand random_;
};

// So many a minute; the rest is only counted. Times are µs.
class Allowance {
 public:
  explicit Allowance(std::uint32_t a_minute) : a_minute_(a_minute) {}

  bool take(std::int64_t now_us) {
    constexpr std::int64_t kMinute = 60'000'000;
    if (now_us - since_us_ >= kMinute || now_us < since_us_) since_us_ = now_us, taken_ = 0;
    if (taken_ < a_minute_) return ++taken_, true;
    return ++left_out_, false;
  }
  // How many were not allowed since this was last asked.
  std::uint64_t take_left_out() { return std::exchange(left_out_, 0); }

 private:
  std::uint32_t a_minute_, taken_ = 0;
  std::int64_t since_us_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace bus::exec
