// OnPrograms: the program of `bus on` and `bus watch`: run for events by the policies, watched, stopped, and
// what it is all to end with.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/cli/on_gathered.h"
#include "core/cli/on_lines.h"
#include "core/cli/on_place.h"
#include "core/cli/on_policy.h"
#include "core/cli/on_rehearsal.h"
#include "core/cli/on_tasks.h"
#include "core/cli/session.h"
#include "core/client/follower.h"
#include "core/loop/runner.h"
#include "core/predicate/predicate.h"
#include "core/process/jobs.h"
#include "core/rules/launch.h"
#include "core/rules/scheduler.h"

namespace bus::cli {

struct OnPlan {
  rules::Command command;
  rules::Policy policy{};
  std::optional<predicate::Predicate> key{};  // set exactly if policy.keyed
  OnSettings ending{};
  bool prefix = false;   // label each line of the programs
  bool dry_run = false;  // tell what would be run, and start nothing
};

// One thread, the runner's.
class OnPrograms {
 public:
  // All must outlive this. The program is the session's rest. `tasks` is told of the runs; null: nobody is.
  OnPrograms(Session& session, loop::Runner& runner, process::Spawner& spawner, const OnPlan& plan,
             OnTasks* tasks = nullptr);
  ~OnPrograms();  // what runs still is stopped
  OnPrograms(const OnPrograms&) = delete;
  OnPrograms& operator=(const OnPrograms&) = delete;

  // False: no match is to be taken now, because all places to wait are taken; or never more.
  bool takes_more() const;
  // A match, or (if it is no event) that the log was read so far.
  Status take(const client::Item& item);
  // A signal has come that asks us to end. The first is passed on to the programs, which decide when they
  // end; what they leave behind then has --stop-timeout. Nothing more is started. The second kills them.
  void interrupted(int signal);
  // It cannot go on; what runs is waited for, and error() is that.
  void fail(Error why);

  // To be called after each step of the runner.
  void look();
  // When it has been quiet for too long, if it goes on so; to be told when nothing is there to be taken.
  std::optional<Mono> deadline() const;
  void look_at_time();

  bool over() const;
  Result<int> outcome() const;
  bool timed_out() const { return ending_.is_timed_out(); }
  // Everything up to here is done with.
  std::uint64_t done() const { return place_.done(); }

 private:
  struct Run {
    OnGathered events;
    std::string label;
    process::Jobs::Id job = 0;  // 0: does not run
    bool begun = false;
    std::vector<process::EventFile> files{};  // of the attempt that runs
    rules::RunFacts facts{};
    bool told = false;  // as a task
  };

  std::string key_of(const client::Item& item);
  void obey();
  void start(rules::RunId id, Run& run);
  Result<process::JobSpec> job_of(rules::RunId id, Run& run);
  void ended(rules::RunId id, const process::JobEnd& end);
  void over(rules::RunId id, rules::Ended how, int status, const rules::RunEnd& end);
  bool is_for_us(const client::Item& item);
  void tell_waiting(rules::RunId id);
  void forget(rules::RunId id);
  void arm();
  std::string label_of(rules::RunId id, const std::string& key) const;
  void remark(const std::string& text);
  bool gathers() const { return plan_.command.gathers; }

  Session& session_;
  loop::Runner& runner_;
  const OnPlan& plan_;
  rules::Scheduler scheduler_;
  process::Jobs jobs_;
  OnPolicy ending_;
  OnPlace place_;
  OnLines lines_;
  OnRehearsal rehearsal_;
  OnTasks* const tasks_;
  std::map<rules::RunId, Run> runs_;
  std::size_t held_ = 0;  // bytes of events in memory
  std::uint64_t dropped_ = 0;
  int signals_ = 0;
  bool keyless_told_ = false;
  bool obeying_ = false;
  std::optional<Error> failure_;
  loop::Runner::TimerId timer_ = 0;
  std::optional<Mono> timer_due_;
};

}  // namespace bus::cli
