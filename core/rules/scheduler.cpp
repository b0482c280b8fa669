#include "core/rules/scheduler.h"

#include <algorithm>
#include <utility>

namespace bus::rules {
namespace {

constexpr microseconds kLongestPause = std::chrono::minutes(15);

}  // namespace

std::string_view name(Hold hold) {
  switch (hold) {
    case Hold::none:
      return "none";
    case Hold::debounce:
      return "debounce";
    case Hold::busy:
      return "busy";
    case Hold::rate:
      return "rate";
    case Hold::backoff:
      return "backoff";
    case Hold::exhausted:
      return "exhausted";
  }
  return "none";
}

microseconds Scheduler::pause_before(std::int64_t attempt, microseconds first) {
  microseconds pause = first;
  for (std::int64_t i = 2; i < attempt && pause < kLongestPause; ++i) pause *= 2;
  return std::min(pause, std::max(first, kLongestPause));
}

bool Scheduler::wants_more() const {
  if (!used_up()) return true;
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane.second.open != 0; });
}

std::size_t Scheduler::room() const {
  if (policy_.when_busy == WhenBusy::drop && !policy_.debounce) return policy_.max_queued;
  return policy_.max_queued - std::min(policy_.max_queued, queue_.size());
}

Scheduler::Run& Scheduler::make(RunId id, const std::string& key, Mono now) {
  Run& run = runs_[id];
  run.key = key;
  run.first = now;
  run.not_before = now;
  queue_.push_back(id);
  return run;
}

Offered Scheduler::offer(RunId fresh, const std::string& key, Mono now) {
  Lane& lane = lanes_[key];
  if (policy_.gathers() && lane.open != 0) {
    Run& open = runs_.at(lane.open);
    const RunId id = lane.open;
    if (policy_.debounce) {
      open.not_before = now + *policy_.debounce;
      if (policy_.max_wait) open.not_before = std::min<Mono>(open.not_before, open.first + *policy_.max_wait);
    }
    const Waiting why = hold(id, open, now);
    advance(now);
    return {Offered::Kind::folded, id, why.why, why.until};
  }
  if (used_up()) {
    drop_lane_if_empty(key);
    return {Offered::Kind::dropped, 0, Hold::exhausted, {}};
  }
  Run& run = make(fresh, key, now);
  if (policy_.debounce)
    run.not_before = now + std::min(*policy_.debounce, policy_.max_wait.value_or(*policy_.debounce));
  const Waiting why = hold(fresh, run, now);
  if (policy_.when_busy == WhenBusy::drop && !policy_.debounce && why.why != Hold::none) {
    queue_.pop_back();
    runs_.erase(fresh);
    drop_lane_if_empty(key);
    return {Offered::Kind::dropped, 0, why.why, why.until};
  }
  ++begun_;
  if (policy_.gathers()) lane.open = fresh;
  advance(now);
  return {Offered::Kind::run, fresh, why.why, why.until};
}

void Scheduler::restore(RunId id, const std::string& key, std::int64_t attempt, Mono now) {
  Lane& lane = lanes_[key];
  Run& run = make(id, key, now);
  run.attempt = attempt;
  if (attempt > 1) {
    run.not_before = now + pause_before(attempt, policy_.backoff);
    if (exclusive() && lane.retrying == 0) lane.retrying = id;
  } else if (policy_.gathers() && lane.open == 0) {
    lane.open = id;
    if (policy_.debounce) run.not_before = now + *policy_.debounce;
  }
  advance(now);
}

void Scheduler::force(RunId id, const std::string& key) {
  Run& run = runs_[id];
  run.key = key;
  run.running = true;
  run.forced = true;
  orders_.push_back({Order::Kind::start, id, 1, Hold::none});
}

std::optional<Mono> Scheduler::rate_until(Mono now) const {
  if (!policy_.rate || starts_.size() < static_cast<std::size_t>(policy_.rate->count)) return std::nullopt;
  const Mono free = *(starts_.end() - policy_.rate->count) + policy_.rate->per;
  if (free <= now) return std::nullopt;
  return free;
}

Waiting Scheduler::hold(RunId id, const Run& run, Mono now) const {
  if (run.not_before > now) return {run.attempt > 1 ? Hold::backoff : Hold::debounce, run.not_before};
  const auto until = rate_until(now);
  // Nothing is stopped for a run that could not begin then.
  if (until && policy_.when_busy == WhenBusy::restart) return {Hold::rate, until};
  const auto lane = lanes_.find(run.key);
  if (exclusive() && lane != lanes_.end()) {
    if (lane->second.retrying != 0 && lane->second.retrying != id) return {Hold::busy, {}};
    if (policy_.keyed && lane->second.running != 0) return {Hold::busy, {}};
  }
  if (running_ >= policy_.most_jobs()) return {Hold::busy, {}};
  if (until) return {Hold::rate, until};
  return {};
}

void Scheduler::begin(RunId id, Run& run, Mono now) {
  Lane& lane = lanes_[run.key];
  run.running = true;
  ++running_;
  ++lane.running;
  lane.active.push_back(id);
  if (lane.open == id) lane.open = 0;
  if (lane.retrying == id) lane.retrying = 0;
  if (policy_.rate) {
    starts_.push_back(now);
    while (starts_.size() > static_cast<std::size_t>(policy_.rate->count)) starts_.pop_front();
  }
  orders_.push_back({Order::Kind::start, id, run.attempt, Hold::none});
}

void Scheduler::cancel(RunId id, Hold why) {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return;
  const std::string key = found->second.key;
  orders_.push_back({Order::Kind::cancel, id, found->second.attempt, why});
  runs_.erase(found);
  --begun_;
  Lane& lane = lanes_[key];
  if (lane.open == id) lane.open = 0;
  if (lane.retrying == id) lane.retrying = 0;
  drop_lane_if_empty(key);
}

void Scheduler::stop(RunId id) {
  Run& run = runs_.at(id);
  if (std::exchange(run.stopping, true)) return;
  orders_.push_back({Order::Kind::stop, id, run.attempt, Hold::none});
}

// Stops what keeps `run` from beginning. With keys the slots may be taken by other keys, to which this one
// has no claim.
void Scheduler::make_room(const Run& run) {
  const auto lane = lanes_.find(run.key);
  if (lane != lanes_.end() && !lane->second.active.empty()) stop(lane->second.active.front());
}

// Behind one that waits for a slot or the rate nobody else can begin, unless keys part them.
bool Scheduler::blocks_rest(const Run& run, Hold why) const {
  if (policy_.keyed || policy_.when_busy != WhenBusy::queue || run.attempt != 1) return false;
  return why == Hold::rate || (why == Hold::busy && running_ >= policy_.most_jobs());
}

void Scheduler::advance(Mono now) {
  for (auto at = queue_.begin(); at != queue_.end();) {
    const RunId id = *at;
    Run& run = runs_.at(id);
    const Waiting why = hold(id, run, now);
    if (why.why == Hold::none) {
      at = queue_.erase(at);
      begin(id, run, now);
      continue;
    }
    const bool due = why.why == Hold::busy || why.why == Hold::rate;
    if (due && policy_.when_busy == WhenBusy::drop && policy_.debounce && run.attempt == 1) {
      at = queue_.erase(at);
      cancel(id, why.why);
      continue;
    }
    if (why.why == Hold::busy && policy_.when_busy == WhenBusy::restart) make_room(run);
    if (blocks_rest(run, why.why)) break;
    ++at;
  }
}

std::optional<Mono> Scheduler::ended(RunId id, Ended how, Mono now) {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return std::nullopt;
  Run& run = found->second;
  const std::string key = run.key;
  if (run.forced) {
    runs_.erase(found);
    return std::nullopt;
  }
  Lane& lane = lanes_[key];
  --running_;
  --lane.running;
  std::erase(lane.active, id);
  std::optional<Mono> again;
  if (how == Ended::badly && !run.stopping && run.attempt <= policy_.retries) {
    ++run.attempt;
    run.running = false;
    run.not_before = now + pause_before(run.attempt, policy_.backoff);
    again = run.not_before;
    if (exclusive()) lane.retrying = id;
    queue_.push_front(id);
  } else {
    runs_.erase(found);
    drop_lane_if_empty(key);
  }
  advance(now);
  return again;
}

void Scheduler::drop_lane_if_empty(const std::string& key) {
  const auto lane = lanes_.find(key);
  if (lane == lanes_.end()) return;
  const Lane& at = lane->second;
  if (at.running == 0 && at.open == 0 && at.retrying == 0) lanes_.erase(lane);
}

std::optional<Mono> Scheduler::due(Mono now) const {
  std::optional<Mono> soonest;
  for (const RunId id : queue_) {
    const Run& run = runs_.at(id);
    const Waiting why = hold(id, run, now);
    if (why.until && (!soonest || *why.until < *soonest)) soonest = why.until;
    if (blocks_rest(run, why.why)) break;
  }
  return soonest;
}

void Scheduler::close() {
  for (const RunId id : queue_) {
    const std::string key = runs_.at(id).key;
    runs_.erase(id);
    lanes_[key].open = 0;
    lanes_[key].retrying = 0;
    drop_lane_if_empty(key);
  }
  queue_.clear();
  orders_.clear();
  policy_.retries = 0;
}

std::vector<Order> Scheduler::take() {
  return std::exchange(orders_, {});
}

Waiting Scheduler::waiting(RunId run, Mono now) const {
  const auto found = runs_.find(run);
  if (found == runs_.end() || found->second.running) return {};
  return hold(run, found->second, now);
}

}  // namespace bus::rules
