// Threads that wait for connections to work on. For this folder only.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/http/connection.h"

namespace bus::http {

// Makes its threads when they are needed; they sleep until there is work. stop() is for one thread, the rest
// for any.
class Workers {
 public:
  using Work = std::function<void(std::unique_ptr<Connection>)>;

  Workers(std::size_t most, Work work) : most_(most), work_(std::move(work)) {}
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Makes the first thread, so that there is always one. May be called again, by any thread.
  Status start();
  // Waits for a thread that is free, if there are `most` already; how many wait is for the caller to bound.
  // After stop() the connection is closed.
  void give(std::unique_ptr<Connection> connection);
  // Closes what waits, and returns when nothing is worked on any more. Safe without start(), and twice.
  void stop();
  // Closes what waits and lets go of the threads: those at work end when their work does. This must live on
  // until then.
  void abandon();

 private:
  void run();
  bool add_thread() BUS_REQUIRES(mutex_);
  std::vector<std::thread> close();

  const std::size_t most_;
  const Work work_;
  Mutex mutex_;
  CondVar filled_;
  std::deque<std::unique_ptr<Connection>> queue_ BUS_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ BUS_GUARDED_BY(mutex_);
  std::size_t idle_ BUS_GUARDED_BY(mutex_) = 0;
  bool stopped_ BUS_GUARDED_BY(mutex_) = false;
};

}  // namespace bus::http
