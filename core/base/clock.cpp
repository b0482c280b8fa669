#include "core/base/clock.h"

namespace bus {
inline namespace base {
namespace {

class SystemClock final : public Clock {
 public:
  Time now() const override {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<microseconds>(since).count()};
  }
  Mono monotonic() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace base
}  // namespace bus
