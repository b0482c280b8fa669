// Scopes: a unit of its own for each program, where a systemd user manager runs. It shows in `systemctl
// --user`, its resources are counted apart from ours, and the kernel ends everything in it at once.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/loop/runner.h"

namespace bus::process {

// "bus-run-<run>.scope".
std::string scope_name(std::string_view run);

// The cgroup of process `pid`, a folder, if it is that scope's; empty: it is not (yet) in it.
std::string scope_folder(pid_t pid, std::string_view run);

// SIGKILL to everybody in the cgroup, by the kernel. Fails where it is gone, or the kernel older than 5.14.
Status kill_scope(const std::string& folder);

// Asks the user manager for scopes, over its private socket. Never waits for it: a program runs in our own
// cgroup until the manager has moved it, and stays there where there is no manager or it refuses. All on the
// runner's thread.
class Scopes {
 public:
  // `socket`: the manager's; empty: $XDG_RUNTIME_DIR/systemd/private. Is connected while answers are to come.
  explicit Scopes(loop::Runner& runner, std::string socket = {});
  ~Scopes();  // on the runner's thread, or when it has ended
  Scopes(const Scopes&) = delete;
  Scopes& operator=(const Scopes&) = delete;

  // Has the program that was just started moved into a scope. `description` is for people.
  void adopt(std::string_view run, pid_t pid, std::string_view description);

  struct Counts {
    std::uint64_t asked = 0, made = 0, refused = 0;  // refused: also when there was nobody to ask
  };
  const Counts& counts() const;
  // Why the last one was not made; empty: all were.
  const std::string& trouble() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bus::process
