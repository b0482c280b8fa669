// The one clock. Everything that reads time takes a Clock&, so that tests move it by hand.
#pragma once

#include <chrono>
#include <cstdint>

namespace bus {
inline namespace base {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Wall time: microseconds since the Unix epoch, UTC. It may jump; never use it to measure.
struct Time {
  std::int64_t us = 0;
  friend auto operator<=>(Time, Time) = default;
  friend Time operator+(Time t, microseconds d) { return {t.us + d.count()}; }
  friend Time operator-(Time t, microseconds d) { return {t.us - d.count()}; }
  friend microseconds operator-(Time a, Time b) { return microseconds(a.us - b.us); }
};

// Time that never goes back; only differences mean anything.
using Mono = std::chrono::time_point<std::chrono::steady_clock, nanoseconds>;

// Safe for concurrent use.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual Mono monotonic() const = 0;
};

// The machine's clock. Lives for the whole program.
const Clock& system_clock();

}  // namespace base
}  // namespace bus
