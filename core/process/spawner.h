// Spawner: the one seam through which bus starts programs and learns how they ended.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/process/program.h"

namespace bus::process {

class Descendants;

// How a program ended.
struct Exit {
  int code = 0;       // exit status; meaningless if `signal` is set
  int signal = 0;     // the signal that ended it; 0: it ended by itself
  bool core = false;  // it dumped core

  bool ok() const { return signal == 0 && code == 0; }
  // As a shell says it: the code, or 128 + signal.
  int status() const { return signal != 0 ? 128 + signal : code; }
  // "exit 3", "SIGKILL".
  std::string text() const;
};

// "SIGKILL" for 9; "SIG63" for one without a name.
std::string signal_name(int signal);

// A program that was started. Dropping it neither stops nor reaps the program.
struct Child {
  pid_t pid = -1;
  pid_t pgid = 0;              // its process group; 0 if it runs in ours
  UniqueFd pidfd;              // readable (poll, epoll) once the program has ended
  std::optional<Exit> exit{};  // set by reap()
  bool gone = false;           // nobody of its group is left; set by reap() and group_gone()
  std::string run{};           // its BUS_RUN; empty: it has none, and only its group is known to be its own
};

// Safe for concurrent use; each Child by one thread at a time. `supervise.h` has the waiting and the
// stopping.
class Spawner {
 public:
  virtual ~Spawner() = default;

  // Starts `program` and returns when its execve has succeeded. The program has the default signal mask and
  // dispositions, and no descriptor that is not named. Failures: Code::not_found (127) and Code::denied or
  // Code::invalid (126; shell_status() tells) are execve's own; Code::unavailable: no process to be had now.
  virtual Result<Child> start(const Program& program) = 0;

  // The exit, if the program has ended; nullopt while it runs. Does not block. Sets child.exit; says the same
  // when called again.
  virtual Result<std::optional<Exit>> reap(Child& child) = 0;

  // Sends a signal to the program's whole group (to the program alone if it runs in ours). Ok if nobody is
  // left. Once child.exit is set, the rest of the group holds its number: signal it soon or ask group_gone()
  // first.
  virtual Status signal(const Child& child, int signal) = 0;

  // True once no process of the child's group runs any more. Reaps those of the group that became our
  // children (if we are a subreaper or process 1); zombies that wait for another parent do not count.
  virtual bool group_gone(Child& child) = 0;

  // All that came of the child, for stopping it (descendants.h). Null: only its group is known, as for a
  // child without `run`.
  virtual std::unique_ptr<Descendants> descendants(const Child& child);
};

// The kernel's processes: clone + execve, pidfds. Lives for the whole program. The first call takes SIGCHLD
// back to its default if whoever started us had it ignored, for then no exit could be known.
Spawner& system_spawner();

}  // namespace bus::process
