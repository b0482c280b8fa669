// BoundedQueue: hands values from many threads to one, never holding more than its bound.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "core/base/mutex.h"

namespace bus {
inline namespace base {

// Safe for concurrent use. What a full queue means is the caller's choice: push() waits, try_push() says no.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t bound) : bound_(bound) {}

  // Waits for room. False, and the value is dropped, once the queue is closed.
  bool push(T value) {
    MutexLock lock(mutex_);
    while (!closed_ && items_.size() >= bound_) room_.wait(mutex_);
    return put(std::move(value));
  }

  // False if there is no room or the queue is closed.
  bool try_push(T value) {
    MutexLock lock(mutex_);
    if (items_.size() >= bound_) return false;
    return put(std::move(value));
  }

  // Waits for a value. nullopt once the queue is closed and empty.
  std::optional<T> pop() {
    MutexLock lock(mutex_);
    while (items_.empty() && !closed_) filled_.wait(mutex_);
    return take();
  }

  // As pop(), but nullopt also when `deadline` has passed.
  template <class Deadline>
  std::optional<T> pop_until(Deadline deadline) {
    MutexLock lock(mutex_);
    while (items_.empty() && !closed_) {
      if (!filled_.wait_until(mutex_, deadline)) break;
    }
    return take();
  }

  // Refuses new values; those inside can still be taken.
  void close() {
    MutexLock lock(mutex_);
    closed_ = true;
    room_.notify_all();
    filled_.notify_all();
  }

  bool closed() const {
    MutexLock lock(mutex_);
    return closed_;
  }

  std::size_t size() const {
    MutexLock lock(mutex_);
    return items_.size();
  }

 private:
  bool put(T value) BUS_REQUIRES(mutex_) {
    if (closed_) return false;
    items_.push_back(std::move(value));
    filled_.notify_one();
    return true;
  }
  std::optional<T> take() BUS_REQUIRES(mutex_) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> value(std::move(items_.front()));
    items_.pop_front();
    room_.notify_one();
    return value;
  }

  const std::size_t bound_;
  mutable Mutex mutex_;
  CondVar room_;
  CondVar filled_;
  std::deque<T> items_ BUS_GUARDED_BY(mutex_);
  bool closed_ BUS_GUARDED_BY(mutex_) = false;
};

}  // namespace base
}  // namespace bus
