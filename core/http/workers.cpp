#include "core/http/workers.h"

#include <system_error>
#include <utility>

#include "core/base/thread_name.h"

namespace bus::http {

Status Workers::start() {
  MutexLock lock(mutex_);
  if (threads_.empty() && !stopped_ && !add_thread())
    return error(Code::unavailable, "cannot make a thread for HTTP requests");
  return Ok{};
}

bool Workers::add_thread() {
  try {
    threads_.emplace_back([this] { run(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void Workers::give(std::unique_ptr<Connection> connection) {
  MutexLock lock(mutex_);
  if (stopped_) return;
  queue_.push_back(std::move(connection));
  if (queue_.size() > idle_ && threads_.size() < most_) add_thread();
  filled_.notify_one();
}

void Workers::run() {
  name_thread("bus-http-worker");
  for (;;) {
    std::unique_ptr<Connection> connection;
    {
      MutexLock lock(mutex_);
      ++idle_;
      while (queue_.empty() && !stopped_) filled_.wait(mutex_);
      --idle_;
      if (stopped_) return;
      connection = std::move(queue_.front());
      queue_.pop_front();
    }
    work_(std::move(connection));
  }
}

// Ends the giving out of work; the threads, for the caller to wait for or to let go.
std::vector<std::thread> Workers::close() {
  std::vector<std::thread> threads;
  std::deque<std::unique_ptr<Connection>> dropped;
  MutexLock lock(mutex_);
  stopped_ = true;
  threads.swap(threads_);
  dropped.swap(queue_);
  filled_.notify_all();
  return threads;
}

void Workers::stop() {
  for (std::thread& thread : close()) thread.join();
}

void Workers::abandon() {
  for (std::thread& thread : close()) thread.detach();
}

}  // namespace bus::http
