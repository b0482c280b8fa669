#include "core/store/checkpointer.h"

#include <sqlite3.h>

#include "core/base/thread_name.h"

namespace bus::store {

Checkpointer::Checkpointer(Connection connection, Mutex& writer)
    : connection_(std::move(connection)), writer_(writer), thread_([this] { run(); }) {}

Checkpointer::~Checkpointer() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  thread_.join();
}

void Checkpointer::note(int wal_pages) {
  if (wal_pages < kStartPages) {
    next_at_.store(kStartPages, std::memory_order_relaxed);  // the log has started over
    return;
  }
  if (wal_pages < next_at_.load(std::memory_order_relaxed)) return;
  next_at_.store(wal_pages + kStartPages, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  wanted_ = true;
  wake_.notify_one();
}

void Checkpointer::run() {
  name_thread("bus-checkpoint");
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (!wanted_ && !stopping_) wake_.wait(mutex_);
      if (stopping_) return;
      wanted_ = false;
    }
    checkpoint();
  }
}

// A failure here (a full disk) is no loss: the log keeps everything, and the next commits report what is
// wrong.
void Checkpointer::checkpoint() {
  int in_log = 0;
  int moved = 0;
  sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
  if (in_log < kCutPages) return;
  MutexLock writers_wait(writer_);
  sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
}

}  // namespace bus::store
