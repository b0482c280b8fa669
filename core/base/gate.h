// Gate: lets work in until it is closed, and then waits for the work that is still inside.
#pragma once

#include <cstddef>

#include "core/base/mutex.h"

namespace bus {
inline namespace base {

// Safe for concurrent use. `if (auto pass = gate.enter()) { ...work... }`
class Gate {
 public:
  class Pass {
   public:
    explicit Pass(Gate* gate) : gate_(gate) {}
    Pass(Pass&& other) noexcept : gate_(other.gate_) { other.gate_ = nullptr; }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    Gate* gate_;
  };

  // An empty pass once the gate is closed.
  Pass enter() {
    MutexLock lock(mutex_);
    if (closed_) return Pass(nullptr);
    ++inside_;
    return Pass(this);
  }

  // Lets nobody in any more and returns when the last one has left. May be called twice.
  void close() {
    MutexLock lock(mutex_);
    closed_ = true;
    while (inside_ != 0) empty_.wait(mutex_);
  }

 private:
  void leave() {
    MutexLock lock(mutex_);
    if (--inside_ == 0) empty_.notify_all();
  }

  Mutex mutex_;
  CondVar empty_;
  std::size_t inside_ BUS_GUARDED_BY(mutex_) = 0;
  bool closed_ BUS_GUARDED_BY(mutex_) = false;
};

}  // namespace base
}  // namespace bus
