// Signals as something to poll: for verbs that have children to care for.
#pragma once

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace bus::cli {

// Takes SIGINT, SIGTERM and SIGHUP out of their usual way as long as it lives; children that core/process
// starts are not touched by that. REQUIRES: one thread, and one of these at a time.
class Signals {
 public:
  static Result<Signals> take();

  Signals(Signals&&) = default;
  Signals& operator=(Signals&&) = default;
  ~Signals();

  // Readable when a signal has come.
  int fd() const { return fd_.get(); }
  // The next signal; 0 if there is none.
  int next() const;

 private:
  explicit Signals(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace bus::cli
