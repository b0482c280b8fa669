// How an instance is, and its figures.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/metrics/registry.h"

namespace bus::plugin {

enum class State : std::uint8_t {
  off,       // there, but not configured
  starting,  // made, or being started
  ok,
  idle,      // what it brings news of is not there; nothing is wrong
  degraded,  // works in part
  retrying,  // the outside is unavailable; it goes on trying
  waiting,   // cannot go on without a person
  failed,    // has given up
  stopping,
  stopped,
};
std::string_view name(State state);

struct Figures {
  std::uint64_t stored = 0, duplicate = 0, known = 0, refused = 0;  // sources: events
  std::uint64_t delivered = 0, rejected = 0, retries = 0;           // sinks
  std::uint64_t attempts = 0, failures = 0, dead_letters = 0;  // sinks: deliveries, and what became of them
  std::uint64_t calls = 0, errors = 0;                         // calls into the plugin, and failed ones
};

// Counts for `bus plugins` and for /metrics at once. Safe for concurrent use.
class Counters {
 public:
  Counters(metrics::Registry& metrics, const std::string& instance, bool sink);

  enum class Which {
    stored,
    duplicate,
    known,
    refused,
    delivered,
    rejected,
    retries,
    attempts,
    failures,
    dead_letters,
    calls,
    errors,
    count,
  };
  void add(Which which, std::uint64_t by = 1);
  Figures read() const;

 private:
  struct One {
    std::atomic<std::uint64_t> value{0};
    metrics::Counter shown;
  };
  One all_[static_cast<std::size_t>(Which::count)];
};

// The state with its last reason. Safe for concurrent use.
class StateBox {
 public:
  struct Reading {
    State state = State::starting;
    std::string reason;
    Time since;
  };
  StateBox(metrics::Registry& metrics, const std::string& instance, const Clock& clock);

  // True if that is another state or reason than before.
  bool set(State state, std::string reason);
  // What the plugin says of itself: the same, but not after set() to failed, stopping or stopped.
  bool report(State state, std::string reason);
  Reading read() const;

 private:
  bool put(State state, std::string reason) BUS_REQUIRES(mutex_);
  const Clock& clock_;
  metrics::Gauge up_;
  mutable Mutex mutex_;
  Reading now_ BUS_GUARDED_BY(mutex_);
  bool settled_ BUS_GUARDED_BY(mutex_) = false;
};

// What went wrong last, and when it is tried again. Safe for concurrent use.
class TroubleBox {
 public:
  struct Reading {
    std::string what;
    Time at;
    Time next;  // zero: nothing waits
  };
  void note(std::string what, Time at, Time next = {}) {
    MutexLock lock(mutex_);
    last_ = {std::move(what), at, next};
  }
  Reading read() const {
    MutexLock lock(mutex_);
    return last_;
  }

 private:
  mutable Mutex mutex_;
  Reading last_ BUS_GUARDED_BY(mutex_);
};

// The process that a plugin's library runs in.
struct ChildStatus {
  pid_t pid = 0;               // 0: none runs
  std::uint64_t restarts = 0;  // how often one came to its end, and another takes its place
  std::string sandbox;         // what holds it: "seccomp, landlock"
  std::string last_end;        // why the last one came to its end; empty: none has
};

// One line of `bus plugins list`, `bus sources`, `bus sinks`.
struct PluginStatus {
  std::string name;  // of the instance; of the plugin if none was made; of the file if it could not be loaded
  std::string plugin;  // empty if it could not be loaded
  std::string role, version, summary, path, sha256;
  std::string trust;  // "installed", "pinned", "signed" or "no"
  StateBox::Reading state;
  std::string hint;  // what a person can do to get more out of it; may be empty
  std::string busy;  // the call that is running, if any, for how long:
  nanoseconds busy_for{0};
  std::size_t queued = 0;
  Figures figures;
  TroubleBox::Reading trouble;       // `next` only while it waits for that
  std::uint64_t cursor = 0;          // sinks: the last event that was answered for
  std::vector<std::string> routes;   // sources: "POST /webhooks/github"
  bool intake = false;               // sources: takes messages of local clients
  std::string isolation;             // "host" or "process"; empty if it does not run
  std::optional<ChildStatus> child;  // if its library runs in a process of its own

  // Beside those that are there already; an empty one is none.
  void add_hint(std::string_view text) {
    if (!text.empty()) hint.append(hint.empty() ? "" : "; ").append(text);
  }
};

}  // namespace bus::plugin
