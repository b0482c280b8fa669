// Cancel: how one thread ends another's wait for a server.
#pragma once

#include <sys/eventfd.h>

#include <atomic>

#include "core/base/unique_fd.h"

namespace bus::http {

// Safe for concurrent use. Once cancelled it stays so.
class Cancel {
 public:
  void cancel() {
    cancelled_.store(true);
    (void)::eventfd_write(fd_.get(), 1);
  }
  bool cancelled() const { return cancelled_.load(); }
  // Readable once cancelled; -1 if the system had no descriptor: then waits last until their deadline.
  int fd() const { return fd_.get(); }

 private:
  std::atomic<bool> cancelled_{false};
  const UniqueFd fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

}  // namespace bus::http
