// Care: the host's thread for what takes long and must not hold anybody: retention, checks, copies, free
// queries.
#pragma once

#include <functional>
#include <thread>

#include "core/base/bounded_queue.h"
#include "core/base/clock.h"
#include "core/store/store.h"

namespace bus::host {

class Care {
 public:
  using Job = std::function<void()>;

  // Keeps `store` within `retention`: looks once a minute if there is any bound, and never wakes up if there
  // is none.
  // `before_pruning` is called first, on the same thread: cursors that are saved now and then may be late.
  Care(store::Store& store, store::Retention retention, std::function<void()> before_pruning);
  ~Care();  // finishes the job that is running
  Care(const Care&) = delete;
  Care& operator=(const Care&) = delete;

  // Runs the job after those before it. False if too many wait. Any thread.
  bool submit(Job job) { return jobs_.try_push(std::move(job)); }

 private:
  void run();
  void keep_within_bounds();

  static constexpr std::size_t kJobs = 16;
  static constexpr std::size_t kStep = 1000;  // events removed in one transaction
  static constexpr seconds kInterval{60};

  store::Store& store_;
  const store::Retention retention_;
  const std::function<void()> before_pruning_;
  BoundedQueue<Job> jobs_{kJobs};
  std::thread thread_;
};

}  // namespace bus::host
