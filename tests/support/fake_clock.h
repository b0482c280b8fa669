// A clock that stands still until a test moves it.
#pragma once

#include <atomic>

#include "core/base/clock.h"

namespace bus::testing {

class FakeClock final : public Clock {
 public:
  // 2026-11-20T08:00:00Z.
  explicit FakeClock(Time start = {1'795'161'600'000'000}) : now_(start.us) {}

  Time now() const override { return {now_.load()}; }
  Mono monotonic() const override { return Mono(nanoseconds(mono_.load())); }

  // Moves both clocks on.
  void advance(nanoseconds d) {
    mono_ += d.count();
    now_ += d.count() / 1000;
  }
  // The wall clock jumps; monotonic time does not notice.
  void jump(microseconds d) { now_ += d.count(); }

 private:
  std::atomic<std::int64_t> now_;
  std::atomic<std::int64_t> mono_{1'000'000'000};
};

}  // namespace bus::testing
