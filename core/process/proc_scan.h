// What /proc says about processes. Inside core/process only.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"

namespace bus::process {

struct ProcessEntry {
  pid_t pid = 0, parent = 0, group = 0, session = 0;
  char state = '?';
  std::uint64_t start = 0;  // in ticks since the machine's start: tells a number's owners apart

  bool zombie() const { return state == 'Z' || state == 'X'; }
};

// Calls `each` with the number of every process until it says no. False if /proc cannot be read.
bool each_process(const std::function<bool(pid_t)>& each);

// None: there is no such process.
std::optional<ProcessEntry> read_process(pid_t pid);

// The value of BUS_RUN in the environment that the process was started with; empty: it has none, or is not
// ours to read.
std::string run_of(pid_t pid);

// All processes, zombies as well, at about one moment: who is forked while the walk goes on may be missing.
class ProcessTable {
 public:
  static std::shared_ptr<const ProcessTable> take();
  // One that was begun after `since`: the latest, if somebody holds it still, else a new one.
  static std::shared_ptr<const ProcessTable> begun_after(Mono since);

  // For begun_after(), where a table of a moment ago will do: so long ago that a few walks fit in between, or
  // many stops at once on a busy machine would do nothing but walk.
  static Mono recently();

  const ProcessEntry* find(pid_t pid) const;
  using Each = std::vector<const ProcessEntry*>;
  // Added to `found`.
  void children_of(pid_t pid, Each& found) const;
  void group_or_session(pid_t leader, Each& found) const;
  void marked(const std::string& run, Each& found) const;

  Mono begun() const { return begun_; }
  bool complete() const { return complete_; }  // false: /proc cannot be read

 private:
  using Index = std::vector<std::pair<pid_t, std::size_t>>;  // sorted
  void select(const Index& index, pid_t key, Each& found) const;

  Mono begun_;
  nanoseconds took_{0};
  bool complete_ = false;
  std::vector<ProcessEntry> entries_;
  Index by_pid_, by_parent_, by_group_, by_session_;         // but for by_pid_, without zombies
  std::vector<std::pair<std::string, std::size_t>> by_run_;  // sorted
};

// Our children's numbers, as far as they are the main thread's (orphans that we inherit are).
std::vector<pid_t> children_of_main_thread();

// True if some process of the group still runs. Zombies do not: they only wait for a parent, perhaps for
// ever, where process 1 does not reap. True also if /proc cannot be read. A walk over all processes: not for
// the usual path.
bool anyone_runs_in(pid_t pgid);

}  // namespace bus::process
