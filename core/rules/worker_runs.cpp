// What a worker does: record first, then act.
#include <algorithm>
#include <utility>

#include "core/event/trace.h"
#include "core/rules/worker.h"

namespace bus::rules {
namespace {

// So many events may be looked at again after a crash, rather than saving the place for each that did not
// match.
constexpr std::uint64_t kLazy = 1000;
constexpr seconds kAgain{1};                          // until the store is tried again
constexpr std::size_t kLookAfterLogs = 64;            // ended runs between two looks at what the logs take
constexpr std::uint64_t kMostEventBytes = 64u << 20;  // of BUS_EVENTS_FILE

}  // namespace

void Worker::report(event::State state, const RunFacts& facts, std::optional<RunEnd> end) {
  plan_.reports.push_back({state, facts, std::move(end), shared_.at.clock.now()});
}

// Until nothing is left to record or to do, or the store does not take it.
void Worker::commit() {
  if (blocked_ || std::exchange(committing_, true)) return;
  for (claim_slots(); !plan_.empty(); claim_slots()) {
    if (!store_reports()) break;
    // That a match has a run of its own is known by that run's events already: its program need not wait.
    const bool may_be_late =
        !plan_.starts.empty() && std::all_of(plan_.matches.begin(), plan_.matches.end(),
                                             [](const auto& match) { return match.decision == kDecidedRun; });
    if (!may_be_late && !settle()) break;
    for (const RunId id : std::exchange(plan_.stops, {})) {
      const auto run = runs_.find(id);
      if (run == runs_.end()) continue;
      run->second.stop_reason = "restarted";
      shared_.jobs.stop(run->second.job, rule_.policy.stop_timeout);
    }
    for (const RunId id : std::exchange(plan_.starts, {})) begin(id);
    if (may_be_late && !settle()) break;
  }
  committing_ = false;
}

bool Worker::store_reports() {
  if (plan_.reports.empty()) return true;
  std::vector<store::NewEvent> events;
  events.reserve(plan_.reports.size());
  for (const Report& one : plan_.reports) {
    if (one.state == event::State::pending) events.push_back(pending_event(one.facts, one.time));
    if (one.state == event::State::running) events.push_back(running_event(one.facts, one.time));
    if (one.end) events.push_back(finished_event(one.facts, *one.end, one.time));
  }
  const ingest::Answers answers =
      shared_.at.ingest.append(std::move(events), ingest::Durability::commit, ingest::Hand::direct);
  for (const ingest::Answer& answer : answers) {
    if (answer) continue;
    block(answer.error());
    return false;
  }
  plan_.reports.clear();
  return true;
}

bool Worker::settle() {
  if (plan_.matches.empty() && position_ < settled_ + kLazy) return true;
  const Status settled = shared_.at.store.rule_book().settle(rule_.name, plan_.matches, position_, begun());
  if (!settled) {
    block(settled.error());
    return false;
  }
  settled_ = position_;
  plan_.matches.clear();
  return true;
}

void Worker::block(const Error& why) {
  if (trouble_.empty()) shared_.at.warn("rule " + rule_.name + " waits: " + why.message);
  trouble_ = why.message;
  blocked_ = true;
  retry_ = shared_.runner.arm(shared_.at.clock.monotonic() + kAgain, microseconds(0), "rule",
                              [this](loop::Runner::TimerId) {
                                retry_ = 0;
                                blocked_ = false;
                                next_round();
                                if (!blocked_) trouble_.clear();
                              });
}

void Worker::claim_slots() {
  while (!to_start_.empty() && !slot_wanted_) {
    const bool taken = shared_.slots.take([this, weak = weak_from_this()] {
      // Called while another worker gives its slot back: that one is in the middle of its work.
      const auto self = weak.lock();
      if (!self) return;
      slot_wanted_ = false;
      shared_.runner.post("rule", [weak] {
        if (const auto later = weak.lock()) later->next_round();
      });
    });
    if (!taken) {
      slot_wanted_ = true;
      return;
    }
    const RunId id = to_start_.front();
    to_start_.pop_front();
    plan_.starts.push_back(id);
    report(event::State::running, runs_.at(id).facts);
  }
}

std::string Worker::log_path(const RunFacts& facts) const {
  return shared_.at.log_folder + "/" + rule_.name + "/" + std::to_string(facts.run) + "-" +
         std::to_string(facts.attempt) + ".log";
}

Result<std::string> Worker::text_of(const Run& run) {
  if (run.last) return run.last->json.text;
  const auto record = shared_.at.store.find(run.facts.trigger);
  if (!record) return record.error();
  return (*record)->json.text;
}

Result<std::string> Worker::texts_of(const Run& run) {
  std::string all;
  for (const std::uint64_t seq : run.seqs) {
    const bool is_last = run.last && run.last->seq == seq;
    const auto record = is_last ? Result<store::RecordPtr>(run.last) : shared_.at.store.find(seq);
    if (!record && record.error().code == Code::not_found) continue;  // retention took it
    if (!record) return record.error();
    if (all.size() + (*record)->json.text.size() > kMostEventBytes)
      return error(Code::limit, "the events of this run are larger than 64 MiB");
    all += (*record)->json.text;
    all += '\n';
  }
  return all;
}

Result<process::JobSpec> Worker::job_of(RunId id, Run& run) {
  const auto last = text_of(run);
  if (!last) return last.error();
  const auto all = command_.gathers ? texts_of(run) : Result<std::string>(std::string());
  if (!all) return all.error();
  std::vector<process::Variable> further = {{"BUS_RULE", rule_.name},
                                            {"BUS_RUN_ID", task_id(rule_.name, id)},
                                            {"BUS_RUN_ATTEMPT", std::to_string(run.facts.attempt)},
                                            {"TRACEPARENT", run.facts.trace}};
  for (const auto& [variable, name] : rule_.secret_env) {
    const auto secret = shared_.at.secret(name);
    if (!secret) return Error(secret.error()).in("the secret '" + name + "'");
    further.emplace_back(variable, secret->reveal());
  }
  auto prepared = prepare(command_, *last, *all, further);
  if (!prepared) return std::move(prepared).error();
  process::JobSpec spec;
  spec.program = std::move(prepared->program);
  spec.log_path = log_path(run.facts);
  spec.log_bounds = {.bytes = shared_.at.max_output / 2, .files = 2};
  spec.run_timeout = rule_.policy.run_timeout;
  spec.stop_grace = rule_.policy.stop_timeout;
  // The files live until the end has been told.
  auto files = std::make_shared<std::vector<process::EventFile>>(std::move(prepared->files));
  spec.ended = [self = shared_from_this(), id, files](process::Jobs::Id, const process::JobEnd& end) {
    self->ended(id, end);
  };
  return spec;
}

void Worker::begin(RunId id) {
  Run& run = runs_.at(id);
  auto spec = job_of(id, run);
  auto job = spec ? shared_.jobs.start(std::move(*spec)) : Result<process::Jobs::Id>(spec.error());
  if (job) {
    run.job = *job;
    running_.add(1);
    return;
  }
  const Error& why = job.error();
  RunEnd end = not_started(why);
  if (spec) end.exit = process::shell_status(why);
  shared_.at.warn("rule " + rule_.name + ": run " + std::to_string(id) + " " + end.note);
  shared_.slots.give();
  finish(id, std::move(end), Ended::badly);
}

void Worker::ended(RunId id, const process::JobEnd& job) {
  Run& run = runs_.at(id);
  run.job = 0;
  running_.add(-1);
  shared_.slots.give();
  RunEnd end = end_of(job);
  Ended how = end.result == event::Outcome::success ? Ended::well : Ended::badly;
  if (end.result == event::Outcome::cancellation) {
    how = Ended::for_good;
    if (!run.stop_reason.empty()) end.detail = run.stop_reason + " (" + end.detail + ")";
  }
  finish(id, std::move(end), how);
  if (++shared_.runs_ended % kLookAfterLogs == 0)
    (void)process::prune_logs(shared_.at.log_folder, shared_.at.max_logs);
  next_round();
}

// Tells the end of an attempt, and what comes after it.
void Worker::finish(RunId id, RunEnd end, Ended how) {
  Run& run = runs_.at(id);
  shared_.at.metrics
      .counter("bus_rule_runs_total", "Attempts of rules to run their program, by how they ended.",
               {{"rule", rule_.name}, {"result", std::string(event::name(end.result))}})
      .add();
  const auto again = scheduler_.ended(id, how, shared_.at.clock.monotonic());
  end.gave_up = how == Ended::badly && !again && rule_.policy.retries != 0;
  if (end.gave_up) end.detail += ", gave up after " + std::to_string(run.facts.attempt) + " attempts";
  report(event::State::finished, run.facts, std::move(end));
  if (again) {
    ++run.facts.attempt;
    run.last.reset();  // the store has it; the wait may be long
    report(event::State::pending, run.facts);
  } else {
    runs_.erase(id);
  }
  take_commands();
  commit();
}

// A run that never began.
void Worker::cancel(RunId id, std::string detail) {
  const auto run = runs_.find(id);
  if (run == runs_.end()) return;
  report(event::State::finished, run->second.facts,
         RunEnd{.result = event::Outcome::cancellation, .detail = std::move(detail)});
  runs_.erase(run);
}

Result<std::string> Worker::trigger(const store::RecordPtr& record) {
  // Larger than any seq will ever be, and never the same twice.
  RunId id = static_cast<RunId>(shared_.at.clock.now().us);
  while (runs_.contains(id)) ++id;
  const auto root = document_.parse(record->json.text);
  if (!root) return root.error();
  Run& run = runs_[id];
  run.facts = {.rule = rule_.name, .run = id, .trigger = record->seq, .by_hand = true};
  run.facts.parent = (*root)["task"]["id"].string_or("");
  run.facts.trace = event::new_traceparent((*root)["trace"].string_or(""));
  shared_.lineage.note(run.facts.trace, 1);
  run.seqs = {record->seq};
  run.last = record;
  report(event::State::pending, run.facts);
  note(record->seq, kDecidedByHand, id);
  scheduler_.force(id, {});
  next_round();
  if (!trouble_.empty())
    return error(Code::unavailable, trouble_, "the run begins when the store works again");
  return task_id(rule_.name, id);
}

void Worker::stop_programs(const std::string& reason) {
  for (auto& [id, run] : runs_) {
    if (run.job == 0) continue;
    run.stop_reason = reason;
    shared_.jobs.stop(run.job, std::min(rule_.policy.stop_timeout, shared_.at.stop_grace));
  }
}

void Worker::close(const std::string& reason, bool stop, std::function<void()> idle) {
  save_position();
  reader_.reset();
  idle_ = std::move(idle);
  std::vector<RunId> waiting;
  for (const auto& [id, run] : runs_) {
    if (run.job == 0) waiting.push_back(id);
  }
  if (stop) stop_programs(reason.empty() ? "the host stopped" : reason);
  to_start_.clear();
  scheduler_.close();
  if (!reason.empty()) {
    for (const RunId id : waiting) cancel(id, reason);
  } else {
    for (const RunId id : waiting) runs_.erase(id);  // they are pending in the store
  }
  commit();
  tell_if_idle();
}

void Worker::tell_if_idle() {
  if (!idle_ || !runs_.empty() || (!plan_.empty() && !blocked_)) return;
  const auto idle = std::exchange(idle_, nullptr);
  idle();
}

}  // namespace bus::rules
