// A Spawner that starts nothing, remembers everything, and lets programs write and end when the test says so.
#pragma once

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/file.h"
#include "core/base/mutex.h"
#include "core/process/spawner.h"

namespace bus::testing {

class FakeSpawner final : public process::Spawner {
 public:
  struct Started {
    process::Program program;
    pid_t pid = 0;
    std::vector<int> signals{};
    std::optional<process::Exit> exit{};
  };

  // Programs end at SIGTERM, as good ones do. Otherwise only SIGKILL ends them.
  void obey_term(bool obey) {
    MutexLock lock(mutex_);
    obey_term_ = obey;
  }
  // The next start() fails so.
  void fail_next(Error failure) {
    MutexLock lock(mutex_);
    failure_ = std::move(failure);
  }
  // Ends the program that was started as number `index`, from 0: its pidfd becomes readable.
  void finish(std::size_t index, process::Exit exit = {}) {
    MutexLock lock(mutex_);
    end(index, exit);
  }
  // Has the program write to its descriptor `to` (1 or 2), if that is a pipe or file of ours. REQUIRES: it
  // has not ended, and somebody reads what no pipe holds.
  void say(std::size_t index, int to, std::string_view text) {
    MutexLock lock(mutex_);
    const UniqueFd& fd = outputs_[index][to == 1 ? 0 : 1];
    if (!fd || !write_all(fd.get(), text)) std::abort();
  }
  // A copy of what was started so far, oldest first.
  std::vector<Started> started() const {
    MutexLock lock(mutex_);
    return started_;
  }
  std::size_t count() const {
    MutexLock lock(mutex_);
    return started_.size();
  }

  Result<process::Child> start(const process::Program& program) override {
    MutexLock lock(mutex_);
    if (failure_) return *std::exchange(failure_, std::nullopt);
    process::Child child;
    child.pidfd.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    child.pid = static_cast<pid_t>(1000 + started_.size());
    child.pgid = program.group == process::Group::ours ? 0 : child.pid;
    wakers_.emplace_back(::dup(child.pidfd.get()));
    started_.push_back({program, child.pid});
    outputs_.push_back({taken(program.out), taken(program.err)});
    return child;
  }
  Result<std::optional<process::Exit>> reap(process::Child& child) override {
    MutexLock lock(mutex_);
    child.exit = started_[index_of(child)].exit;
    child.gone = child.exit.has_value();
    return child.exit;
  }
  Status signal(const process::Child& child, int signal) override {
    MutexLock lock(mutex_);
    if (child.gone) return Ok{};
    const std::size_t index = index_of(child);
    started_[index].signals.push_back(signal);
    if (signal == SIGKILL || (signal == SIGTERM && obey_term_)) end(index, {.signal = signal});
    return Ok{};
  }
  bool group_gone(process::Child& child) override { return child.gone; }

 private:
  static std::size_t index_of(const process::Child& child) {
    return static_cast<std::size_t>(child.pid - 1000);
  }
  static UniqueFd taken(const process::Output& output) {
    return UniqueFd(output.kind == process::Output::Kind::fd ? ::fcntl(output.fd, F_DUPFD_CLOEXEC, 3) : -1);
  }
  void end(std::size_t index, process::Exit exit) BUS_REQUIRES(mutex_) {
    if (started_[index].exit) return;
    started_[index].exit = exit;
    outputs_[index] = {};
    const std::uint64_t one = 1;
    if (::write(wakers_[index].get(), &one, sizeof one) != sizeof one) std::abort();
  }

  mutable Mutex mutex_;
  std::vector<Started> started_ BUS_GUARDED_BY(mutex_);
  std::vector<UniqueFd> wakers_ BUS_GUARDED_BY(mutex_);
  std::vector<std::array<UniqueFd, 2>> outputs_ BUS_GUARDED_BY(mutex_);
  std::optional<Error> failure_ BUS_GUARDED_BY(mutex_);
  bool obey_term_ BUS_GUARDED_BY(mutex_) = true;
};

}  // namespace bus::testing
