#include "core/process/known_children.h"

namespace bus::process {

KnownChildren::Starting::Starting(KnownChildren& all) : all_(all) {
  MutexLock lock(all_.mutex_);
  while (all_.paused_) all_.changed_.wait(all_.mutex_);
  ++all_.starting_;
}

KnownChildren::Starting::~Starting() {
  MutexLock lock(all_.mutex_);
  if (pid_ > 0) all_.pids_.insert(pid_);
  if (--all_.starting_ == 0) all_.changed_.notify_all();
}

KnownChildren::Pause::Pause(KnownChildren& all) : all_(all) {
  MutexLock lock(all_.mutex_);
  while (all_.paused_) all_.changed_.wait(all_.mutex_);
  all_.paused_ = true;
  while (all_.starting_ != 0) all_.changed_.wait(all_.mutex_);
}

KnownChildren::Pause::~Pause() {
  MutexLock lock(all_.mutex_);
  all_.paused_ = false;
  all_.changed_.notify_all();
}

void KnownChildren::reaped(pid_t pid) {
  MutexLock lock(mutex_);
  pids_.erase(pid);
}

bool KnownChildren::contains(pid_t pid) {
  MutexLock lock(mutex_);
  return pids_.count(pid) != 0;
}

KnownChildren& known_children() {
  // Never destroyed: a thread that was given up may come to need it while the process ends.
  static KnownChildren& all = *new KnownChildren;
  return all;
}

}  // namespace bus::process
