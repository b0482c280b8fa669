// Waiting for programs and stopping them: by blocking, or step by step from an event loop.
#pragma once

#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/clock.h"
#include "core/process/spawner.h"

namespace bus::process {

// Blocks until the program has ended.
Result<Exit> wait(Spawner& spawner, Child& child);
// As wait(); nullopt if it still runs after `limit`.
Result<std::optional<Exit>> wait_for(Spawner& spawner, Child& child, milliseconds limit);

inline constexpr seconds kDefaultGrace{10};

// Stops a program and its group: SIGTERM, a grace, SIGKILL. Says gone only when no process of the group is
// left. If the child has a `run`, that goes for all that came of it, also what has left the group (setsid).
// For an event loop: call step() when child.pidfd is readable and when next() has come. One thread.
class Stopping {
 public:
  enum class Stage : std::uint8_t {
    asked,   // the first signal was sent
    killed,  // SIGKILL was sent
    gone,    // nobody is left; child.exit is set
  };

  // Sends `first`. `child` and `spawner` must outlive this.
  Stopping(Spawner& spawner, Child& child, microseconds grace, Mono now, int first = SIGTERM);
  ~Stopping();
  Stopping(const Stopping&) = delete;
  Stopping& operator=(const Stopping&) = delete;

  // The grace ends at `at`, if that is sooner.
  void hurry(Mono at);

  // Looks and acts; the stage after it.
  Stage step(Mono now);
  // When step() wants to be called at the latest. The pidfd may call for it earlier.
  Mono next(Mono now) const;

 private:
  bool nobody_left();
  void kill();

  Spawner& spawner_;
  Child& child_;
  std::unique_ptr<Descendants> descendants_;  // null: the group is all
  Mono kill_at_;
  Stage stage_ = Stage::asked;
  std::uint32_t looks_ = 0;  // since the leader ended or SIGKILL
};

// Stops and blocks until the group is gone. Code::timeout if it outlives SIGKILL by 10 s (a process in an
// uninterruptible sleep); it may be called again.
Result<Exit> stop(Spawner& spawner, Child& child, microseconds grace, const Clock& clock);

}  // namespace bus::process
