// Waiting for programs and stopping them: by blocking, or step by step from an event loop.
#pragma once

#include <cstdint>
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
// left. A process that has left the group (setsid) is not followed. For an event loop: call step() when
// child.pidfd is readable and when next() has come. One thread.
class Stopping {
 public:
  enum class Stage : std::uint8_t {
    asked,   // SIGTERM was sent
    killed,  // SIGKILL was sent
    gone,    // nobody is left; child.exit is set
  };

  // Sends SIGTERM. `child` and `spawner` must outlive this.
  Stopping(Spawner& spawner, Child& child, microseconds grace, Mono now);

  // Looks and acts; the stage after it.
  Stage step(Mono now);
  // When step() wants to be called at the latest. The pidfd may call for it earlier.
  Mono next(Mono now) const;

 private:
  Spawner& spawner_;
  Child& child_;
  Mono kill_at_;
  Stage stage_ = Stage::asked;
};

// Stops and blocks until the group is gone. Code::timeout if it outlives SIGKILL by 10 s (a process in an
// uninterruptible sleep); it may be called again.
Result<Exit> stop(Spawner& spawner, Child& child, microseconds grace, const Clock& clock);

}  // namespace bus::process
