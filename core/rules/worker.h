// Worker: one rule at work. Reads the log from its own durable place, decides by its scheduler, records what
// it decided before it acts, and starts programs. Private to core/rules.
//
// The order that makes each event fire once: the events "pending" and "running" of a run are stored, then
// what became of its matches and the rule's place, then the program is started; where the run's events tell
// all there is to know of the match, the place is saved after the start. A run that was "running" when the
// host died is finished as an error, "lost"; one that was "pending" is run.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/fanout/hub.h"
#include "core/json/reader.h"
#include "core/json/writer.h"
#include "core/loop/runner.h"
#include "core/process/jobs.h"
#include "core/rules/launch.h"
#include "core/rules/lineage.h"
#include "core/rules/rule.h"
#include "core/rules/run_events.h"
#include "core/rules/scheduler.h"
#include "core/rules/surroundings.h"

namespace bus::rules {

// What all workers work with.
struct Shared {
  Surroundings at;
  loop::Runner& runner;
  process::Jobs& jobs;
  Slots slots;
  Lineage lineage{};
  std::vector<std::string> environment;  // ours, from the start
  std::size_t runs_ended = 0;            // for looking after the logs at times
};

// Words of store::RuleMatch::decision.
inline constexpr std::string_view kDecidedRun = "run";          // has a run of its own
inline constexpr std::string_view kDecidedFolded = "folded";    // a run that others began stands for it
inline constexpr std::string_view kDecidedDropped = "dropped";  // by policy
inline constexpr std::string_view kDecidedOwn = "own";          // of the rule's own runs
inline constexpr std::string_view kDecidedDeep = "too_deep";    // too many runs led to it
inline constexpr std::string_view kDecidedByHand = "by_hand";   // triggered

// All on the runner's thread.
class Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(Shared& shared, Rule rule);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Finishes what an earlier host left, and begins to read behind the rule's place; a new rule begins behind
  // the newest event.
  Status open();
  // The rule was edited: what waits and runs goes on under the new one.
  Status update(Rule rule);
  // Ends the reading. What waits is cancelled if `reason` is given, else left for later; programs are stopped
  // if `stop`. `idle` is called when none runs any more, perhaps at once.
  void close(const std::string& reason, bool stop, std::function<void()> idle);
  void stop_programs(const std::string& reason);
  // Saves the place in the log, so that retention may go on behind it.
  void save_position();

  // Runs the program for an event, whatever the predicate and the policies say; the task's id.
  Result<std::string> trigger(const store::RecordPtr& record);

  const Rule& rule() const { return rule_; }
  const std::string& trouble() const { return trouble_; }
  bool exhausted() const { return !scheduler_.wants_more(); }
  std::uint64_t position() const;
  void write_counts(json::Writer& out) const;  // members "begun", "running", "waiting", "position"
  // Why a run does not begin yet.
  Waiting waiting(RunId run) const;

 private:
  struct Run {
    RunFacts facts;
    std::vector<std::uint64_t> seqs;  // of all events that it stands for
    store::RecordPtr last;            // may be null: in the store
    process::Jobs::Id job = 0;
    std::string stop_reason;
  };
  // A report that is to be stored before anything is done about it.
  struct Report {
    event::State state;
    RunFacts facts;
    std::optional<RunEnd> end;
    Time time;
  };
  struct Plan {
    std::vector<Report> reports;
    std::vector<store::RuleMatch> matches;
    std::vector<RunId> starts, stops;
    bool empty() const { return reports.empty() && matches.empty() && starts.empty() && stops.empty(); }
  };

  // worker.cpp: reading and deciding.
  Status open_reader(std::uint64_t after);
  void woken();
  void pump();
  bool read_some();
  void consider(const store::RecordPtr& record);
  void decide(const event::Event& event, const store::RecordPtr& record);
  int depth_of(const event::Event& event, std::string_view data);
  std::string key_of(const event::Event& event, std::string_view data);
  void note(std::uint64_t seq, std::string_view decision, RunId run = 0, Hold why = Hold::none,
            std::optional<Mono> until = {});
  void take_commands();
  void arm_timer();
  void next_round();

  // worker_runs.cpp: recording and doing.
  void commit();
  bool store_reports();
  bool settle();
  void claim_slots();
  void begin(RunId id);
  Result<process::JobSpec> job_of(RunId id, Run& run);
  Result<std::string> text_of(const Run& run);
  Result<std::string> texts_of(const Run& run);
  std::string log_path(const RunFacts& facts) const;
  void ended(RunId id, const process::JobEnd& end);
  void finish(RunId id, RunEnd end, Ended how);
  void report(event::State state, const RunFacts& facts, std::optional<RunEnd> end = {});
  void cancel(RunId id, std::string detail);
  void block(const Error& why);
  void tell_if_idle();

  // worker_recover.cpp
  Result<std::vector<store::TaskRow>> unfinished() const;
  // Which matches behind the place are decided already; how many runs the saved count does not know of.
  Result<std::uint64_t> note_decided(std::uint64_t cursor);
  Result<std::uint64_t> note_runs_behind(std::uint64_t cursor);
  Status recover();
  std::uint64_t begun() const { return static_cast<std::uint64_t>(scheduler_.begun()); }
  Status take_up(const store::TaskRow& row, RunId id);

  Shared& shared_;
  Rule rule_;
  Command command_;
  Scheduler scheduler_;
  std::unique_ptr<fanout::Reader> reader_;
  json::Document document_;
  std::map<RunId, Run> runs_;
  std::deque<RunId> to_start_;       // may begin by policy, and wait for a slot
  std::set<std::uint64_t> decided_;  // behind the saved place; noted by an earlier host
  Plan plan_;
  std::uint64_t settled_ = 0;
  std::uint64_t position_ = 0;
  bool blocked_ = false;  // the store does not take what is planned
  bool committing_ = false;
  bool slot_wanted_ = false;
  bool caught_up_ = false;
  std::string trouble_;
  loop::Runner::TimerId timer_ = 0, retry_ = 0;
  std::function<void()> idle_;
  std::atomic<bool> wake_posted_{false};
  metrics::Gauge running_;
};

// The command of a rule, with the environment that its programs are given.
Command command_of(const Rule& rule, const Shared& shared);
// The policy with the host's bound.
Policy policy_of(const Rule& rule, const Surroundings& at);

}  // namespace bus::rules
