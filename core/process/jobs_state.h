// What Jobs keeps. Inside core/process only.
#pragma once

#include <array>
#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/ulid.h"
#include "core/process/descendants.h"
#include "core/process/jobs.h"
#include "core/process/line_cutter.h"

namespace bus::process {

struct Jobs::State {
  // What an event of our epoll is about: the job's id, and which of these.
  enum Kind : std::uint64_t { kOut, kErr, kExit, kKinds };

  struct Stream {
    UniqueFd fd{};  // empty: not captured, or at its end
    LineCutter cutter{};
    bool large = false;  // its pipe was made larger
  };

  struct One {
    Id id = 0;
    JobSpec spec{};
    JobEnd end{};
    Child child{};
    std::array<Stream, 2> streams{};
    std::optional<RunLog> log{};
    bool exited = false;
    Mono timeout_at = Mono::max();
    std::optional<Stopping> stopping{};
    bool in_own_time = false;  // its grace begins when it has ended itself
    Mono give_up = Mono::max();
    Mono due = Mono::max();  // as in `timers`
  };

  State(loop::Runner& runner_, Spawner& spawner_, const Clock& clock_, Scopes* scopes_)
      : runner(runner_), spawner(spawner_), clock(clock_), scopes(scopes_) {}

  Status open();
  void close();
  Status connect(One& one, std::vector<UniqueFd>& theirs);
  Status attend(One& one);
  Status add(int fd, Id id, Kind kind);
  One* find(Id id);

  void wait(int limit_ms);
  void read_some(One& one, Tag tag);
  void take(One& one, Tag tag, std::string_view bytes);
  void drain(One& one);
  void look(One& one);
  void note_end(One& one);
  void begin_stop(One& one, microseconds grace, int signal = SIGTERM);
  void finish(One& one);
  void close_log(One& one);

  void schedule(One& one, Mono at);
  void run_due();
  void rearm();

  loop::Runner& runner;
  Spawner& spawner;
  const Clock& clock;
  Scopes* const scopes;

  std::map<Id, std::unique_ptr<One>> all;
  Id last = 0;
  UlidMaker runs;
  bool silent = false;  // nothing is called back
  std::vector<char> buffer;

  // All descriptors are in a set of our own, so that the runner's bound is none for us.
  UniqueFd epoll;
  loop::Runner::WatchId watch = 0;
  std::unique_ptr<Orphans> orphans;

  std::set<std::pair<Mono, Id>> timers;
  loop::Runner::TimerId timer = 0;
  Mono timer_due = Mono::max();

  struct Group {
    pid_t pid, pgid;
  };
  Mutex mutex;  // also held while a child is reaped, whose number is somebody else's then
  std::map<Id, Group> groups BUS_GUARDED_BY(mutex);
};

}  // namespace bus::process
