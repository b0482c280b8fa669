// Runner: a thread of its own for one owner (a plugin instance, the rules). Jobs, timers and what watched
// descriptors bring run on it, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/clock.h"
#include "core/loop/fd_set.h"

namespace bus::loop {

// Safe for concurrent use, but for what is tagged. Asleep it costs nothing: no wake-up before a job comes,
// a timer is due or a watched descriptor is ready. Without watches there is no descriptor of its own.
class Runner {
 public:
  using Job = std::function<void()>;
  using TimerId = std::uint64_t;  // never 0
  using TimerJob = std::function<void(TimerId)>;

  using WatchId = FdSet::Id;  // never 0
  using WatchJob = FdSet::Job;

  // What the thread is doing. `what` is the name that the job was handed in with.
  struct Call {
    std::string_view what;
    nanoseconds running;
  };

  struct Bounds {
    // Jobs that wait from try_post(): more than there can be connections that hand some in, whose bodies the
    // server bounds.
    std::size_t jobs = 4096;
    std::size_t timers = 1024;
    std::size_t watches = 1024;
  };

  // `clock` must outlive the runner.
  Runner(std::string name, const Clock& clock) : Runner(std::move(name), clock, Bounds{}) {}
  Runner(std::string name, const Clock& clock, Bounds bounds);
  ~Runner();  // as stop(0)
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Starts the thread. Tests that call step() themselves do without.
  void start();

  // Hands a job over. False, and the job is dropped: the queue is full or closed. `what` must be a literal.
  bool try_post(std::string_view what, Job job);
  // The same without the bound, for the few jobs that the host makes itself. False once closed.
  bool post(std::string_view what, Job job);

  // A way to post() that may outlive the runner: then, as once it is closed, nothing is taken.
  class Mailbox;
  Mailbox mailbox() const;

  // Fires at `due`, and then every `period` (0: once), until cancelled. 0 if there are Bounds::timers.
  // [runner's thread]
  TimerId arm(Mono due, microseconds period, std::string_view what, TimerJob job);
  void cancel(TimerId timer);  // [runner's thread]

  // Runs the job while `fd` is ready: EPOLLIN, EPOLLOUT, or 0: paused. As FdSet; Code::limit if there are
  // Bounds::watches. [runner's thread]
  Result<WatchId> watch(int fd, std::uint32_t events, std::string_view what, WatchJob job);
  Status rewatch(WatchId watch, std::uint32_t events);  // [runner's thread]
  void unwatch(WatchId watch);                          // [runner's thread]

  void cancel_all();  // timers and watches [runner's thread]

  // Runs the timers that are due, the jobs that wait and the jobs of descriptors that are ready. Returns when
  // the next timer is due. [runner's thread]
  std::optional<Mono> step();
  // Sleeps until step() has something to do, at most until `until`. For who steps it without start().
  // [runner's thread]
  void wait(std::optional<Mono> until);

  std::optional<Call> current() const;
  std::size_t waiting() const;
  bool on_thread() const;

  // Takes no more jobs, runs those that wait, drops timers and watches and ends the thread. False if that
  // took longer than `grace`: then the thread is left to itself and ends when its call does. Safe without
  // start(), and twice.
  bool stop(milliseconds grace);
  // The first half of that: a thread that takes longer is not left, and can be waited for again.
  bool await_end(milliseconds grace);

 private:
  struct Core;
  std::shared_ptr<Core> core_;
};

// Safe for concurrent use; copied freely.
class Runner::Mailbox {
 public:
  bool post(std::string_view what, Job job) const;

 private:
  friend class Runner;
  explicit Mailbox(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  std::shared_ptr<Core> core_;
};

}  // namespace bus::loop
