#include "core/cli/on_programs.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/cli/exit_codes.h"
#include "core/event/json_form.h"

namespace bus::cli {
namespace {

// Of events that wait in memory: then the host keeps what comes.
constexpr std::size_t kMostHeld = std::size_t{64} << 20;
constexpr std::size_t kLongestKey = 256;
constexpr std::size_t kLongestLabel = 40;

int status_of(const process::JobEnd& end) {
  if (end.timed_out) return kTimedOut;
  return end.exit ? end.exit->status() : kFault;
}

std::string ended_text(const process::JobEnd& end) {
  return end.exit ? end.exit->text() : "an exit that nobody saw";
}

}  // namespace

OnPrograms::OnPrograms(Session& session, loop::Runner& runner, process::Spawner& spawner, const OnPlan& plan,
                       OnTasks* tasks)
    : session_(session),
      runner_(runner),
      plan_(plan),
      scheduler_(plan.policy),
      jobs_(runner, spawner, system_clock()),
      ending_(plan.ending, system_clock().monotonic()),
      lines_(session.out(), Output::colour(1), Output::colour(2)),
      rehearsal_(session.out(), session.json(), plan.command.argv, plan.command.gathers),
      tasks_(plan.dry_run ? nullptr : tasks) {}

OnPrograms::~OnPrograms() {
  if (timer_ != 0) runner_.cancel(timer_);
  if (jobs_.running() != 0) jobs_.stop_all(plan_.policy.stop_timeout);
  lines_.flush();
}

bool OnPrograms::takes_more() const {
  return signals_ == 0 && !failure_ && ending_.wants_more() && scheduler_.wants_more() &&
         scheduler_.has_room() && held_ < kMostHeld;
}

std::string OnPrograms::key_of(const client::Item& item) {
  if (!plan_.key) return {};
  const auto event = event::decode(item.node, item.text);
  if (event) {
    predicate::EventView view(*event);
    auto key = predicate::evaluate_json(*plan_.key, view);
    if (key) return std::string(cut_utf8(*key, kLongestKey));
    if (!std::exchange(keyless_told_, true))
      remark("bus: event " + std::to_string(item.seq) + " has no key: " + printable(key.error().message) +
             "; such events share one");
  }
  return {};
}

// "[1042] ", or the key.
std::string OnPrograms::label_of(rules::RunId id, const std::string& key) const {
  if (!plan_.prefix) return {};
  std::string text = std::to_string(id);
  if (plan_.key) {
    json::Document document;
    const auto node = document.parse(key);
    text = node ? node->string_or(key) : key;
  }
  return "[" + std::string(cut_utf8(printable(text), kLongestLabel)) + "] ";
}

// False for the events of our own runs, and for those that too many runs led to.
bool OnPrograms::is_for_us(const client::Item& item) {
  if (tasks_ == nullptr) return true;
  if (tasks_->is_own(item)) return false;
  if (tasks_->depth(item) < rules::Lineage::kDeepest) return true;
  remark("bus: event " + std::to_string(item.seq) +
         " is not run for: " + std::to_string(rules::Lineage::kDeepest) + " runs led to it, one by one");
  return false;
}

Status OnPrograms::take(const client::Item& item) {
  if (item.kind != client::Item::Kind::event) {
    if (item.kind != client::Item::Kind::stopped) place_.read(item.seq, 0);
    return Ok{};
  }
  if (!is_for_us(item)) {
    place_.read(item.seq, 0);
    return Ok{};
  }
  const Mono now = system_clock().monotonic();
  const std::string key = key_of(item);
  const rules::Offered offered = scheduler_.offer(item.seq, key, now);
  ending_.heard(now);
  place_.read(item.seq, offered.run);
  Status kept = Ok{};
  switch (offered.kind) {
    case rules::Offered::Kind::run:
      runs_.emplace(item.seq, Run{.events = OnGathered(item.seq, item.text, plan_.command.event_folder),
                                  .label = label_of(item.seq, key),
                                  .facts = tasks_ != nullptr ? tasks_->facts_of(item) : rules::RunFacts{}});
      held_ += item.text.size();
      break;
    case rules::Offered::Kind::folded: {
      Run& run = runs_.at(offered.run);
      held_ -= run.events.held();
      kept = run.events.add(item.seq, item.text);
      held_ += run.events.held();
      run.facts.trigger = item.seq;
      run.facts.events = run.events.count();
      break;
    }
    case rules::Offered::Kind::dropped:
      ++dropped_;
      break;
  }
  if (plan_.dry_run) rehearsal_.decided(item.seq, offered, key, now);
  obey();
  tell_waiting(item.seq);
  return kept;
}

// A run that did not begin at once is a task already.
void OnPrograms::tell_waiting(rules::RunId id) {
  const auto run = runs_.find(id);
  if (tasks_ == nullptr || run == runs_.end() || std::exchange(run->second.told, true)) return;
  tasks_->pending(run->second.facts);
}

// Does what the scheduler says, until it says no more.
void OnPrograms::obey() {
  if (std::exchange(obeying_, true)) return;
  for (auto orders = scheduler_.take(); !orders.empty(); orders = scheduler_.take()) {
    for (const rules::Order& order : orders) {
      const auto found = runs_.find(order.run);
      if (found == runs_.end()) continue;  // could not be started, and is over
      Run& run = found->second;
      switch (order.kind) {
        case rules::Order::Kind::start:
          run.facts.attempt = order.attempt;
          start(order.run, run);
          break;
        case rules::Order::Kind::stop:
          jobs_.stop(run.job);
          break;
        case rules::Order::Kind::cancel:
          dropped_ += run.events.count();
          if (plan_.dry_run) rehearsal_.would_cancel(order.run, order.why);
          if (run.told) {
            tasks_->finished(run.facts,
                             rules::RunEnd{.result = event::Outcome::cancellation,
                                           .detail = "dropped: " + std::string(rules::name(order.why))});
          }
          forget(order.run);
          break;
      }
    }
  }
  obeying_ = false;
  arm();
}

void OnPrograms::start(rules::RunId id, Run& run) {
  if (failure_) return over(id, rules::Ended::for_good, kFault, rules::not_started(*failure_));
  if (plan_.dry_run) {
    rehearsal_.would_start(id, run.events.last(), run.events.count());
    return over(id, rules::Ended::well, kGood, {});
  }
  auto spec = job_of(id, run);
  if (!spec) {
    fail(std::move(spec).error());
    return over(id, rules::Ended::for_good, kFault, rules::not_started(*failure_));
  }
  if (tasks_ != nullptr) {
    run.told = true;
    tasks_->running(run.facts);
  }
  const auto job = jobs_.start(std::move(*spec));
  if (!std::exchange(run.begun, true)) held_ -= run.events.held();
  if (job) {
    run.job = *job;
    if (plan_.policy.retries == 0) run.events.release();
    return;
  }
  const Error& why = job.error();
  lines_.flush();
  tell(why);
  run.files.clear();
  rules::RunEnd end = rules::not_started(why);
  end.exit = process::shell_status(why);
  over(id, why.retryable() ? rules::Ended::badly : rules::Ended::for_good, *end.exit, end);
}

Result<process::JobSpec> OnPrograms::job_of(rules::RunId id, Run& run) {
  std::vector<process::Variable> further = {{"BUS_RUN_ATTEMPT", std::to_string(run.facts.attempt)}};
  if (tasks_ != nullptr) {
    further.emplace_back("BUS_RUN_ID", rules::task_id(run.facts));
    further.emplace_back("TRACEPARENT", run.facts.trace);
  }
  if (gathers()) {
    auto all = run.events.file_of_all();
    if (!all) return std::move(all).error();
    further.emplace_back("BUS_EVENTS_FILE", std::move(*all));
  }
  rules::Command command = plan_.command;
  command.gathers = false;  // the file is there already
  auto prepared = rules::prepare(command, run.events.last(), {}, further);
  if (!prepared) return std::move(prepared).error();
  run.files = std::move(prepared->files);
  process::JobSpec spec;
  spec.program = std::move(prepared->program);
  spec.run_timeout = plan_.policy.run_timeout;
  spec.stop_grace = plan_.policy.stop_timeout;
  if (plan_.prefix) {
    spec.lines = [this, id, label = run.label](process::Tag tag, std::string_view line, bool whole) {
      lines_.line(tag, id, label, line, whole);
    };
  }
  spec.ended = [this, id](process::Jobs::Id, const process::JobEnd& end) { ended(id, end); };
  return spec;
}

void OnPrograms::ended(rules::RunId id, const process::JobEnd& end) {
  Run& run = runs_.at(id);
  run.job = 0;
  run.files.clear();
  lines_.ended(id);
  rules::Ended how = rules::Ended::badly;
  if (end.exit && end.exit->ok() && !end.timed_out) how = rules::Ended::well;
  if (end.stopped || signals_ != 0) how = rules::Ended::for_good;
  if (end.timed_out)
    remark("bus: run " + std::to_string(id) + " was stopped after " +
           format_duration(*plan_.policy.run_timeout));
  if (how == rules::Ended::badly && run.facts.attempt <= plan_.policy.retries) {
    remark("bus: run " + std::to_string(id) + " ended with " + ended_text(end) + "; attempt " +
           std::to_string(run.facts.attempt + 1) + " in " +
           format_duration(rules::Scheduler::pause_before(run.facts.attempt + 1, plan_.policy.backoff)));
  }
  over(id, how, status_of(end), rules::end_of(end));
}

// An attempt is over; with it the run, unless it is tried again.
void OnPrograms::over(rules::RunId id, rules::Ended how, int status, const rules::RunEnd& end) {
  const Mono now = system_clock().monotonic();
  const auto again = scheduler_.ended(id, how, now);
  Run& run = runs_.at(id);
  if (tasks_ != nullptr) tasks_->finished(run.facts, end);
  if (!again) {
    ending_.ran(status, now);
    forget(id);
  } else if (tasks_ != nullptr) {
    ++run.facts.attempt;
    tasks_->pending(run.facts);
  }
  obey();
}

void OnPrograms::forget(rules::RunId id) {
  const auto run = runs_.find(id);
  if (!run->second.begun) held_ -= run->second.events.held();
  runs_.erase(run);
  place_.over(id);
}

void OnPrograms::interrupted(int signal) {
  if (signals_++ == 0) {
    ending_.interrupted(signal);
    scheduler_.close();
    for (const auto& [id, run] : runs_)
      if (run.job != 0) jobs_.interrupt(run.job, signal);
  } else {
    for (const auto& [id, run] : runs_)
      if (run.job != 0) jobs_.stop(run.job, microseconds(0));
  }
  arm();
}

void OnPrograms::fail(Error why) {
  if (!failure_) failure_ = std::move(why);
  scheduler_.close();
  arm();
}

void OnPrograms::arm() {
  const auto due = scheduler_.due(system_clock().monotonic());
  if (due == timer_due_) return;
  if (timer_ != 0) runner_.cancel(std::exchange(timer_, 0));
  timer_due_ = due;
  if (!due) return;
  timer_ = runner_.arm(*due, microseconds(0), "policies", [this](loop::Runner::TimerId) {
    timer_ = 0;
    timer_due_.reset();
    scheduler_.tick(system_clock().monotonic());
    obey();
  });
}

std::optional<Mono> OnPrograms::deadline() const {
  if (scheduler_.running() != 0 || scheduler_.waiting_runs() != 0) return std::nullopt;
  return ending_.deadline();
}

void OnPrograms::look() {
  lines_.flush();
  if (lines_.failed() && !failure_ && signals_ == 0) {
    // Whoever starts us learns of it from our stdout (dispatch()).
    fail(error(Code::fault, "nobody reads our output"));
    for (const auto& [id, run] : runs_)
      if (run.job != 0) jobs_.stop(run.job);
  }
}

void OnPrograms::look_at_time() {
  const auto until = deadline();
  if (until && *until <= system_clock().monotonic() && takes_more()) ending_.timed_out();
}

bool OnPrograms::over() const {
  if (scheduler_.running() != 0) return false;
  if (signals_ != 0 || failure_ || ending_.is_timed_out()) return true;
  return !scheduler_.wants_more() && scheduler_.waiting_runs() == 0;
}

Result<int> OnPrograms::outcome() const {
  if (dropped_ != 0)
    session_.remark("bus: " + std::to_string(dropped_) + " matches were not run for, by policy");
  if (failure_) return *failure_;
  return ending_.status();
}

void OnPrograms::remark(const std::string& text) {
  lines_.flush();
  session_.remark(text);
}

}  // namespace bus::cli
