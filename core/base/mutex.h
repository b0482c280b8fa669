// Locks that clang's thread-safety analysis can follow (-Wthread-safety).
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define BUS_TSA(x) __attribute__((x))
#else
#define BUS_TSA(x)
#endif
#define BUS_GUARDED_BY(m) BUS_TSA(guarded_by(m))
#define BUS_REQUIRES(...) BUS_TSA(requires_capability(__VA_ARGS__))
#define BUS_EXCLUDES(...) BUS_TSA(locks_excluded(__VA_ARGS__))

namespace bus {
inline namespace base {

class BUS_TSA(capability("mutex")) Mutex {
 public:
  void lock() BUS_TSA(acquire_capability()) { mutex_.lock(); }
  void unlock() BUS_TSA(release_capability()) { mutex_.unlock(); }
  bool try_lock() BUS_TSA(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class BUS_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) BUS_TSA(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() BUS_TSA(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// A condition to wait for while a Mutex is held. Waits may return early: test the condition in a loop.
class CondVar {
 public:
  void wait(Mutex& mutex) BUS_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    cond_.wait(lock);
    lock.release();
  }
  // False if `deadline` passed.
  template <class Deadline>
  bool wait_until(Mutex& mutex, Deadline deadline) BUS_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const auto status = cond_.wait_until(lock, deadline);
    lock.release();
    return status == std::cv_status::no_timeout;
  }
  void notify_one() { cond_.notify_one(); }
  void notify_all() { cond_.notify_all(); }

 private:
  std::condition_variable cond_;
};

}  // namespace base
}  // namespace bus
