// StateLock: says that this process is the one host of a state folder. The kernel gives it back when the
// process ends, however it ends.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace bus::host {

class StateLock {
 public:
  // Code::conflict names the process that holds it.
  static Result<StateLock> take(const std::string& folder);

  // Writes beside our pid that we are on our way out: a client that wants a new host waits for us then.
  void say_stopping() const;

 private:
  explicit StateLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace bus::host
