// Checkpointer: moves the write-ahead log into the database from a thread and connection of its own, so that
// no commit has to.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/store/database.h"

namespace bus::store {

class Checkpointer {
 public:
  // `writer` is the mutex that an append holds; taken only when the log has grown far and must be cut.
  Checkpointer(Connection connection, Mutex& writer);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // After each commit: the pages now in the log. Wakes the thread when there is enough to do. Any thread.
  void note(int wal_pages);

 private:
  void run();
  void checkpoint();

  static constexpr int kStartPages = 1024;  // 4 MiB: worth a checkpoint
  static constexpr int kCutPages = 4096;    // 16 MiB: writers wait once, so that the log starts over

  Connection connection_;
  Mutex& writer_;
  Mutex mutex_;
  CondVar wake_;
  bool wanted_ BUS_GUARDED_BY(mutex_) = false;
  bool stopping_ BUS_GUARDED_BY(mutex_) = false;
  std::atomic<int> next_at_{kStartPages};
  std::thread thread_;
};

}  // namespace bus::store
