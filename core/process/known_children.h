// The children that the spawner has started and nobody has reaped yet, so that who reaps orphans leaves them
// alone. Inside core/process only.
#pragma once

#include <sys/types.h>

#include <set>

#include "core/base/mutex.h"

namespace bus::process {

// Safe for concurrent use.
class KnownChildren {
 public:
  // While one of these lives a child may be there whose number is not known yet. Blocks while orphans are
  // reaped.
  class Starting {
   public:
    explicit Starting(KnownChildren& all);
    Starting(const Starting&) = delete;
    Starting& operator=(const Starting&) = delete;
    ~Starting();
    void started(pid_t pid) { pid_ = pid; }

   private:
    KnownChildren& all_;
    pid_t pid_ = -1;
  };

  // While this lives no child is started. Waits for those that are being started.
  class Pause {
   public:
    explicit Pause(KnownChildren& all);
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
    ~Pause();

   private:
    KnownChildren& all_;
  };

  void reaped(pid_t pid);
  bool contains(pid_t pid);

 private:
  Mutex mutex_;
  CondVar changed_;
  std::set<pid_t> pids_ BUS_GUARDED_BY(mutex_);
  int starting_ BUS_GUARDED_BY(mutex_) = 0;
  bool paused_ BUS_GUARDED_BY(mutex_) = false;
};

// This process's.
KnownChildren& known_children();

}  // namespace bus::process
