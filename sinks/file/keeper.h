// What happens to full files behind the sink's back: the oldest are removed, the others compressed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "bus/cpp/event.hpp"

namespace bus::file {

// Compresses `path` to `path`.gz and removes it. The name .gz stands for a whole file only: it is given when
// all is written and safe against power loss. An interrupted one leaves a .gz.tmp, which the next try
// replaces. `stop` ends it with Code::stopping. Code::unavailable: the disk fails or is full; `path` is
// untouched.
Status pack(const std::string& path, const std::atomic<bool>& stop);

struct Keeping {
  std::size_t files = 0;  // full files that are kept; 0: all
  bool gzip = false;
};

// Looks after the full files of one path, on a thread of its own that exists only while there is something to
// do. One thread calls it.
class Keeper {
 public:
  using Told = std::function<void(const std::string& problem)>;  // called on the thread

  Keeper(std::string path, Keeping keeping, Told told)
      : path_(std::move(path)), keeping_(keeping), told_(std::move(told)) {}
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  ~Keeper() { stop(); }

  // There may be something to do. Returns at once.
  void wake();
  // Interrupts and waits. Safe twice.
  void stop() noexcept;
  // Until what was asked for so far is done; for tests.
  void wait();

 private:
  void run();
  void tidy();

  const std::string path_;
  const Keeping keeping_;
  const Told told_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable idle_;
  bool asked_ = false, running_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace bus::file
