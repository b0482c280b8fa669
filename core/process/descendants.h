// What came of a program: its group, its descendants, and those that left both. For stopping all of it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/loop/runner.h"
#include "core/process/program.h"

namespace bus::process {

// From now on processes whose parent has ended below us become our children, not those of process 1, and
// SIGCHLD is blocked in this thread and those that it starts, so that Orphans can wait for it. Once, at the
// start of the process, before other threads run.
Status become_subreaper();
bool is_subreaper();

// Reaps the orphans that have become ours when they end. Children that the spawner started are left to who
// waits for them, and so are those that run in our own group. Sleeps until the kernel tells of an end.
class Orphans {
 public:
  // On the runner's thread. Code::fault without become_subreaper().
  static Result<std::unique_ptr<Orphans>> watch(loop::Runner& runner);
  ~Orphans();  // on the runner's thread
  Orphans(const Orphans&) = delete;
  Orphans& operator=(const Orphans&) = delete;

  // Reaps those that have ended; how many. Any thread, also without an Orphans.
  static std::size_t reap();

 private:
  explicit Orphans(loop::Runner& runner) : runner_(runner) {}
  loop::Runner& runner_;
  UniqueFd signals_;
  loop::Runner::WatchId watch_ = 0;
};

class ProcessTable;
struct ProcessEntry;

// Those that came of one program, itself included. Found by their parents, by groups and sessions that one of
// them leads, and by kRunVariable in the environment they were started with; once found they stay known. A
// process that got rid of all three before the first look is not found. Walks /proc: for stopping only. One
// thread.
class Descendants {
 public:
  // `pid` is the program: not reaped yet, or its group not gone. `run` is the value of its kRunVariable.
  Descendants(pid_t pid, std::string run);

  // Signals those that are known and are not in the program's group.
  void signal_outside(int signal);
  // Looks for more and sends SIGKILL to all, held by SIGSTOP first so that nobody forks away; also to the
  // program's scope, if it has one.
  void kill();
  // True once nobody runs, which is said by the second look that finds nobody. Cheap while one of those known
  // runs.
  bool gone();

 private:
  struct Known {
    std::uint64_t start = 0;  // tells it from a later owner of its number; 0: it was reaped, but may lead
    UniqueFd pidfd{};
  };

  bool look();
  bool hold();
  bool add(pid_t pid, std::uint64_t start);
  bool is_ours(const ProcessEntry& entry) const;
  void forget(const ProcessTable& table);
  bool known_run() const;
  static void tell(const Known& known, pid_t pid, int signal);

  const pid_t pid_;
  const std::string run_;
  std::string scope_;             // its cgroup's folder; empty: it has no scope
  std::map<pid_t, Known> known_;  // those that run, and those that lead some that do
  std::shared_ptr<const ProcessTable> table_;
  Mono since_;  // a table from before is too old
  bool killed_ = false;
  int nobody_ = 0;  // looks in a row that found nobody
};

}  // namespace bus::process
