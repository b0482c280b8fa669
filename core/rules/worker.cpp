#include "core/rules/worker.h"

#include <algorithm>
#include <utility>

#include "core/event/json_form.h"
#include "core/event/trace.h"

namespace bus::rules {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kBatchBytes = 1u << 20;
constexpr std::size_t kLongestKey = 256;
constexpr std::size_t kKeptBytes = 16u << 10;

// What a run that waits keeps in memory; the store has the larger ones.
store::RecordPtr small(const store::RecordPtr& record) {
  return record->json.text.size() <= kKeptBytes ? record : nullptr;
}

}  // namespace

Command command_of(const Rule& rule, const Shared& shared) {
  Command command;
  command.path = rule.run.front();
  command.argv = rule.run;
  command.env = base_environment(shared.environment, rule.pass_env);
  std::vector<process::Variable> added;
  added.reserve(rule.env.size());
  for (const std::string& entry : rule.env) {
    const auto equals = entry.find('=');
    added.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  command.env = process::merge_environment(command.env, added);
  command.cwd = rule.cwd.empty() ? shared.at.home : rule.cwd;
  command.umask = rule.umask;
  command.limits = rule.limits;
  command.in = rule.in;
  command.gathers = rule.policy.gathers();
  command.event_folder = shared.at.event_folder;
  return command;
}

Policy policy_of(const Rule& rule, const Surroundings& at) {
  Policy policy = rule.policy;
  policy.max_queued = static_cast<std::size_t>(at.max_queued);
  return policy;
}

Worker::Worker(Shared& shared, Rule rule)
    : shared_(shared),
      rule_(std::move(rule)),
      command_(command_of(rule_, shared)),
      scheduler_(policy_of(rule_, shared.at)),
      running_(shared.at.metrics.gauge("bus_rule_running", "Programs of rules that run.",
                                       {{"rule", rule_.name}})) {}

Worker::~Worker() {
  if (timer_ != 0) shared_.runner.cancel(timer_);
  if (retry_ != 0) shared_.runner.cancel(retry_);
}

Status Worker::open() {
  store::RuleBook& book = shared_.at.store.rule_book();
  if (Status begun = book.begin_rule(rule_.name, shared_.at.hub.head()); !begun) return begun;
  const auto progress = book.rule_progress(rule_.name);
  if (!progress) return progress.error();
  const store::RuleProgress known = progress->value_or(store::RuleProgress{});
  settled_ = position_ = known.cursor;
  const auto begun = note_decided(known.cursor);
  if (!begun) return begun.error();
  scheduler_ = Scheduler(policy_of(rule_, shared_.at), static_cast<std::int64_t>(known.begun + *begun));
  if (Status recovered = recover(); !recovered) return recovered;
  if (Status opened = open_reader(known.cursor); !opened) return opened;
  next_round();
  return Ok{};
}

Status Worker::open_reader(std::uint64_t after) {
  fanout::ReaderOptions options;
  options.after = after;
  options.predicate = rule_.predicate;
  options.reports_all = rule_.all_reports;
  options.wake = [this, weak = weak_from_this(), mailbox = shared_.runner.mailbox()] {
    // Called with the hub's locks held, by who publishes: the worker lives as long as its reader.
    if (wake_posted_.exchange(true)) return;
    mailbox.post("rule", [weak] {
      if (const auto self = weak.lock()) self->woken();
    });
  };
  reader_ = shared_.at.hub.open(std::move(options));
  return Ok{};
}

Status Worker::update(Rule rule) {
  const std::uint64_t place = position();
  const bool reads_else = rule.on != rule_.on || rule.all_reports != rule_.all_reports;
  rule_ = std::move(rule);
  command_ = command_of(rule_, shared_);
  scheduler_.set_policy(policy_of(rule_, shared_.at));
  if (reads_else && reader_) {
    reader_.reset();
    if (Status opened = open_reader(place); !opened) return opened;
  }
  next_round();
  return Ok{};
}

std::uint64_t Worker::position() const {
  return caught_up_ && reader_ ? std::max(position_, reader_->position()) : position_;
}

void Worker::woken() {
  wake_posted_ = false;
  next_round();
}

// Everything that may be due.
void Worker::next_round() {
  const Mono now = shared_.at.clock.monotonic();
  scheduler_.tick(now);
  take_commands();
  commit();
  pump();
  arm_timer();
  tell_if_idle();
}

void Worker::pump() {
  while (reader_ && !blocked_ && scheduler_.wants_more() && scheduler_.has_room()) {
    const bool more = read_some();
    commit();
    if (!blocked_) (void)settle();
    if (!more) return;
  }
}

// False: there is no more for now.
bool Worker::read_some() {
  auto batch = reader_->read(std::min(kBatch, scheduler_.room()), kBatchBytes);
  if (!batch) {
    block(batch.error());
    return false;
  }
  if (batch->gap) {
    shared_.at.warn("rule " + rule_.name + ": events " + std::to_string(batch->gap->from) + " to " +
                    std::to_string(batch->gap->to) + " were removed by retention before it looked at them");
  }
  for (const store::RecordPtr& record : batch->records) {
    // What is left of the batch after the last run that the rule may have is of no interest.
    if (scheduler_.wants_more()) consider(record);
  }
  position_ = std::max(position_, batch->position);
  caught_up_ = batch->caught_up;
  return !batch->caught_up;
}

void Worker::consider(const store::RecordPtr& record) {
  if (decided_.erase(record->seq) != 0) return;
  if (record->event) return decide(*record->event, record);
  const auto root = document_.parse(record->json.text);
  if (!root) return;  // the store has checked it
  const auto event = event::decode(*root, {});
  if (event) decide(*event, record);
}

void Worker::decide(const event::Event& event, const store::RecordPtr& record) {
  const std::uint64_t seq = record->seq;
  if (event.source == kRuleSource && event.scope == rule_.name) return note(seq, kDecidedOwn);
  const int depth = depth_of(event, record->data());
  if (depth >= Lineage::kDeepest) {
    shared_.at.warn("rule " + rule_.name + " does not run for event " + std::to_string(seq) + ": " +
                    std::to_string(depth) + " runs led to it, one by one");
    return note(seq, kDecidedDeep);
  }
  const Mono now = shared_.at.clock.monotonic();
  const Offered offered = scheduler_.offer(seq, key_of(event, record->data()), now);
  switch (offered.kind) {
    case Offered::Kind::dropped:
      return note(seq, kDecidedDropped, 0, offered.why, offered.until);
    case Offered::Kind::folded: {
      Run& run = runs_.at(offered.run);
      run.seqs.push_back(seq);
      run.last = small(record);
      run.facts.trigger = seq;
      run.facts.events = run.seqs.size();
      note(seq, kDecidedFolded, offered.run, offered.why, offered.until);
      break;
    }
    case Offered::Kind::run: {
      Run& run = runs_[seq];
      run.facts = {.rule = rule_.name, .run = seq, .trigger = seq};
      run.facts.parent = event.task ? event.task->id : std::string();
      run.facts.trace = event::new_traceparent(event.trace);
      run.facts.depth = depth + 1;
      shared_.lineage.note(run.facts.trace, run.facts.depth);
      run.seqs = {seq};
      run.last = small(record);
      note(seq, kDecidedRun, seq, offered.why, offered.until);
      report(event::State::pending, run.facts);
      break;
    }
  }
  take_commands();
}

// How many runs led to it. What the events of runs say of themselves also holds after a restart.
int Worker::depth_of(const event::Event& event, std::string_view data) {
  const int known = shared_.lineage.depth(event.trace);
  if (event.source != kRuleSource && event.source != kOnSource) return known;
  const auto root = document_.parse(data);
  return root ? std::max(known, depth_told(event.source, *root)) : known;
}

std::string Worker::key_of(const event::Event& event, std::string_view data) {
  if (!rule_.key_expression) return {};
  predicate::EventView view(event, data);
  // Events for which there is no key share one.
  std::string key = predicate::evaluate_json(*rule_.key_expression, view).value_or("");
  if (key.size() > kLongestKey) key.resize(kLongestKey);
  return key;
}

void Worker::note(std::uint64_t seq, std::string_view decision, RunId run, Hold why,
                  std::optional<Mono> until) {
  store::RuleMatch& match = plan_.matches.emplace_back();
  match.seq = seq;
  match.decision = decision;
  if (why != Hold::none) match.why = name(why);
  match.run = run;
  match.at = shared_.at.clock.now();
  if (until) {
    match.until = match.at + std::chrono::ceil<microseconds>(*until - shared_.at.clock.monotonic());
  }
  shared_.at.metrics
      .counter("bus_rule_matches_total", "Events that matched a rule, by what was decided.",
               {{"rule", rule_.name}, {"decision", std::string(decision)}})
      .add();
}

void Worker::take_commands() {
  bool again = false;
  for (const Order& order : scheduler_.take()) {
    switch (order.kind) {
      case Order::Kind::start:
        to_start_.push_back(order.run);
        break;
      case Order::Kind::stop:
        if (std::erase(to_start_, order.run) == 0) {
          plan_.stops.push_back(order.run);
        } else {  // it waits for a slot
          cancel(order.run, "restarted");
          scheduler_.ended(order.run, Ended::for_good, shared_.at.clock.monotonic());
          again = true;
        }
        break;
      case Order::Kind::cancel:
        cancel(order.run, "dropped: " + std::string(name(order.why)));
        break;
    }
  }
  if (again) take_commands();
}

void Worker::arm_timer() {
  if (timer_ != 0) shared_.runner.cancel(std::exchange(timer_, 0));
  const auto due = scheduler_.due(shared_.at.clock.monotonic());
  if (!due || !reader_) return;
  timer_ = shared_.runner.arm(*due, microseconds(0), "rule", [this](loop::Runner::TimerId) {
    timer_ = 0;
    next_round();
  });
}

void Worker::save_position() {
  // One that will never run again holds nothing back.
  const std::uint64_t place = exhausted() ? shared_.at.hub.head() : position();
  if (blocked_ || !plan_.empty() || place <= settled_) return;
  if (shared_.at.store.rule_book().settle(rule_.name, {}, place, begun())) settled_ = place;
}

void Worker::write_counts(json::Writer& out) const {
  const auto runs = static_cast<std::size_t>(
      std::count_if(runs_.begin(), runs_.end(), [](const auto& run) { return run.second.job != 0; }));
  out.member("begun", begun()).member("running", runs).member("waiting", runs_.size() - runs);
  out.member("position", position());
}

Waiting Worker::waiting(RunId run) const {
  return scheduler_.waiting(run, shared_.at.clock.monotonic());
}

}  // namespace bus::rules
