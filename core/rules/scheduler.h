// Scheduler: decides, for one rule, which match runs when. Pure: matches, ends and times go in, orders come
// out.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/rules/policy.h"

namespace bus::rules {

// Names a run within its scheduler; given by whoever offers the match (the host takes the event's seq).
// Never 0.
using RunId = std::uint64_t;

// Why a match does not run now, or a run does not begin yet.
enum class Hold : std::uint8_t {
  none,
  debounce,   // it has to be quiet first
  busy,       // as many run as may
  rate,       // so many were started within the time
  backoff,    // the last attempt failed
  exhausted,  // it has run as often as it may
};
std::string_view name(Hold hold);

struct Offered {
  enum class Kind : std::uint8_t {
    run,      // a run of its own; a start may follow at once
    folded,   // a run that has not begun stands for it, too
    dropped,  // by policy
  };
  Kind kind = Kind::run;
  RunId run = 0;  // which one; 0 when dropped
  Hold why = Hold::none;
  std::optional<Mono> until{};  // when the reason ends, if that is known
};

struct Order {
  enum class Kind : std::uint8_t {
    start,   // begin `run`; answer with ended(), also if it cannot be started
    stop,    // `run` runs and has to make room; answer with ended()
    cancel,  // `run` has not begun and never will
  };
  Kind kind = Kind::start;
  RunId run = 0;
  std::int64_t attempt = 1;
  Hold why = Hold::none;  // of a cancel
};

// How an attempt ended.
enum class Ended : std::uint8_t {
  well,
  badly,    // may be tried again
  for_good  // failed in a way that another try cannot mend, or was stopped
};

struct Waiting {
  Hold why = Hold::none;  // none: it runs, or is not known
  std::optional<Mono> until{};
};

// One thread.
class Scheduler {
 public:
  // `begun`: runs that were made before, for Policy::times.
  explicit Scheduler(const Policy& policy, std::int64_t begun = 0) : policy_(policy), begun_(begun) {}

  // False: nothing is to be offered until a run has begun. Never so where every match that must wait is
  // dropped.
  bool has_room() const { return room() != 0; }
  // How many matches may be offered before one has ended.
  std::size_t room() const;
  // False: Policy::times is used up, and no run takes further matches in.
  bool wants_more() const;

  // Runs that were made and not cancelled, those before this one among them.
  std::int64_t begun() const { return begun_; }

  // A match. `fresh` names its run, if it gets one. Dropped as exhausted if Policy::times is used up and no
  // run takes it in. REQUIRES: has_room().
  Offered offer(RunId fresh, const std::string& key, Mono now);
  // A run that was made by an earlier scheduler and has not begun this attempt.
  void restore(RunId run, const std::string& key, std::int64_t attempt, Mono now);
  // A run outside of the policies, at once (it counts as running, and not for rate and times).
  void force(RunId run, const std::string& key);

  // An attempt of `run` is over. When it is tried again: the time of that; the run goes on.
  std::optional<Mono> ended(RunId run, Ended how, Mono now);

  // Other policies, from now on; what waits and runs goes on.
  void set_policy(const Policy& policy) { policy_ = policy; }

  // Makes what is due. To be called when due() has come.
  void tick(Mono now) { advance(now); }
  std::optional<Mono> due(Mono now) const;

  // Nothing begins any more. What runs is still to be told by ended().
  void close();

  // What is to be done now, in order; each is told once.
  std::vector<Order> take();

  Waiting waiting(RunId run, Mono now) const;
  std::size_t waiting_runs() const { return queue_.size(); }
  std::size_t running() const { return static_cast<std::size_t>(running_); }

  // A wait before attempt `attempt` (2, 3, …): doubles, at most 15 minutes.
  static microseconds pause_before(std::int64_t attempt, microseconds first);

 private:
  struct Run {
    std::string key;
    std::int64_t attempt = 1;
    bool running = false;
    bool stopping = false;
    bool forced = false;
    Mono first{};       // when its first match came
    Mono not_before{};  // debounce, back-off
  };
  struct Lane {
    std::int64_t running = 0;
    RunId retrying = 0;        // holds the lane while it waits for its next attempt
    RunId open = 0;            // has not begun and takes further matches in
    std::deque<RunId> active;  // those that run, oldest first
  };

  bool used_up() const { return policy_.times && begun_ >= *policy_.times; }
  bool exclusive() const { return policy_.keyed || policy_.most_jobs() == 1; }
  Run& make(RunId id, const std::string& key, Mono now);
  void drop_lane_if_empty(const std::string& key);
  // Why the run cannot begin now; `until` where that is known.
  Waiting hold(RunId id, const Run& run, Mono now) const;
  std::optional<Mono> rate_until(Mono now) const;
  bool blocks_rest(const Run& run, Hold why) const;
  void advance(Mono now);
  void begin(RunId id, Run& run, Mono now);
  void cancel(RunId id, Hold why);
  void make_room(const Run& run);
  void stop(RunId id);

  Policy policy_;
  std::int64_t begun_;
  std::int64_t running_ = 0;  // without the forced ones
  std::unordered_map<RunId, Run> runs_;
  std::map<std::string, Lane> lanes_;
  std::list<RunId> queue_;   // those that have not begun, oldest first
  std::deque<Mono> starts_;  // the last Rate::count
  std::vector<Order> orders_;
};

}  // namespace bus::rules
