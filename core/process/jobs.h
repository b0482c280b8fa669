// Jobs: programs that run under an eye, on a runner's thread: their output line by line and into a log, their
// time bounded, stopped with all that came of them, and their end told once.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/loop/runner.h"
#include "core/process/program.h"
#include "core/process/run_log.h"
#include "core/process/spawner.h"
#include "core/process/supervise.h"

namespace bus::process {

class Scopes;

// How a job ended.
struct JobEnd {
  std::optional<Exit> exit;  // none: it is lost
  bool stopped = false;      // stop() was called before it ended
  bool timed_out = false;    // run_timeout passed before it ended
  Time started, ended;       // wall clock
  std::string log_trouble;   // why its output is not whole in the log; empty: it is
};

// What to run. The callbacks come on the runner's thread.
struct JobSpec {
  Program program{};       // out and err are set by Jobs if there is a log or `lines`; BUS_RUN in env always
  std::string log_path{};  // a RunLog; empty: none
  LogBounds log_bounds{};
  // Each line as it comes, without its newline; `whole` as in LogLine. May be empty.
  std::function<void(Tag, std::string_view line, bool whole)> lines{};
  std::optional<microseconds> run_timeout{};  // then as stop()
  microseconds stop_grace{kDefaultGrace};
  // The last. The id is free then; start() and stop() may be called from here.
  std::function<void(std::uint64_t id, const JobEnd&)> ended{};
};

// All on the runner's thread, but for kill_all(). A job has ended when its own process has, and what it had
// written by then was read: output that others hold open is not waited for. A program that ends by itself
// leaves what it put into the background alone, as in a shell. stop(), a timeout and stop_all() end
// everything that came of it, wherever it went (descendants.h), and tell the end only when nobody is left.
// Output is always read, so that no program waits for us: what a log cannot take is dropped and counted.
class Jobs {
 public:
  using Id = std::uint64_t;  // never 0

  // `scopes` (scope.h) gives each program a scope of its own; null: none. Everything must outlive this.
  Jobs(loop::Runner& runner, Spawner& spawner, const Clock& clock, Scopes* scopes = nullptr);
  // REQUIRES: on the runner's thread, or stop_all() was called. What runs is left alone, without an eye.
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // Errors as Spawner::start(), and Code::unavailable without descriptors to be had: then nothing is called
  // back.
  Result<Id> start(JobSpec spec);
  // SIGTERM, the grace (none: the spec's), SIGKILL. Again: SIGKILL at once. Nothing is called back from here.
  // Does nothing without such a job.
  void stop(Id id, std::optional<microseconds> grace = {});
  // Asks it to end with this signal, in its own time; what it leaves behind then has the spec's grace, as
  // with stop(). stop() after it: SIGKILL at once. Does nothing to one that is being stopped.
  void interrupt(Id id, int signal);
  void signal(Id id, int signal);  // to its group
  pid_t pid(Id id) const;          // 0: no such job
  std::size_t running() const;

  // Stops all, reading on, and waits for it: at most `grace` and some seconds. Nothing is called back any
  // more, and start() fails with Code::stopping. REQUIRES: not from a callback of a job.
  void stop_all(microseconds grace);
  // SIGKILL to the groups of all; for when the thread does not come back. Any thread.
  void kill_all();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bus::process
