#include "core/cli/wait_plan.h"

#include "core/cli/exit_codes.h"
#include "core/cli/expression.h"
#include "core/cli/wait_group.h"
#include "core/predicate/needs.h"

namespace bus::cli {
namespace {

constexpr std::int64_t kMostCount = 100'000;

// `filter && (a || b)`.
std::string joined(const std::vector<std::string>& clauses, const std::string& filter) {
  if (clauses.size() == 1 && filter.empty()) return clauses[0];
  std::string any;
  for (const std::string& clause : clauses) any += (any.empty() ? "(" : " || (") + clause + ")";
  if (filter.empty() || any.empty()) return filter.empty() ? any : filter;
  return filter + " && (" + any + ")";
}

Status check(const WaitSpec& spec) {
  const bool counted = spec.what == WaitFor::match && spec.count > 1;
  if (spec.count < 1 || spec.count > kMostCount) {
    return error(Code::invalid, "--count must be from 1 to " + std::to_string(kMostCount));
  }
  if (spec.count > 1 && spec.what != WaitFor::match) {
    return error(Code::invalid, "--count goes with one expression only");
  }
  if (spec.within && !counted && spec.what != WaitFor::all_of && spec.what != WaitFor::sequence) {
    return error(Code::invalid, "--within goes with --count, --all-of or --sequence",
                 "how long to wait is said by --timeout");
  }
  return Ok{};
}

}  // namespace

int status_of_task(const event::Event& event) {
  if (!event.task) return kGood;
  if (event.task->state == event::State::unknown) return kUnknown;
  if (event.task->state != event::State::finished) return kGood;
  return event.task->ok() ? kGood : kNotOk;
}

Result<WaitPlan> WaitPlan::make(WaitSpec spec) {
  if (Status fits = check(spec); !fits) return std::move(fits).error();
  WaitPlan plan(std::move(spec));
  for (const std::string& clause : plan.spec_.clauses) {
    auto compiled = compile_expression(clause);
    if (!compiled) return std::move(compiled).error();
    plan.clauses_.push_back(std::move(*compiled));
  }
  plan.where_ = joined(plan.spec_.clauses, plan.spec_.filter);
  if (auto whole = compile_expression(plan.where_); !whole) return std::move(whole).error();
  plan.latest_.resize(plan.clauses_.size());
  plan.chains_.resize(plan.clauses_.size());
  return plan;
}

bool WaitPlan::take(const event::Event& event, std::string_view text) {
  Seen seen{std::string(text), event.received, status_of_task(event)};
  if (spec_.what == WaitFor::match || spec_.what == WaitFor::first_of) return take_match(std::move(seen));
  std::vector<bool> holds;
  view_->reset(event);
  for (const predicate::Predicate& clause : clauses_) holds.push_back(predicate::matches(clause, *view_));
  return spec_.what == WaitFor::sequence ? take_sequence(holds, seen) : take_all_of(holds, seen);
}

bool WaitPlan::take_match(Seen seen) {
  answer_.push_back(std::move(seen));
  while (too_old(answer_.front().received, answer_.back().received)) answer_.erase(answer_.begin());
  return answer_.size() >= static_cast<std::size_t>(spec_.count);
}

bool WaitPlan::take_all_of(const std::vector<bool>& holds, const Seen& seen) {
  for (std::size_t i = 0; i < holds.size(); ++i) {
    // Without a bound the first one stays; with it, the latest has the best chance.
    if (holds[i] && (spec_.within || !latest_[i])) latest_[i] = seen;
    if (latest_[i] && too_old(latest_[i]->received, seen.received)) latest_[i].reset();
  }
  if (!outstanding().empty()) return false;
  for (const auto& one : latest_) {
    const bool there =
        std::any_of(answer_.begin(), answer_.end(), [&](const Seen& s) { return s.text == one->text; });
    if (!there) answer_.push_back(*one);
  }
  std::stable_sort(answer_.begin(), answer_.end(),
                   [](const Seen& a, const Seen& b) { return a.received < b.received; });
  return true;
}

bool WaitPlan::take_sequence(const std::vector<bool>& holds, const Seen& seen) {
  // From the last step down, so that one event takes one step of a chain only.
  for (std::size_t step = holds.size(); step-- > 0;) {
    if (!holds[step]) continue;
    if (step == 0) {
      if (spec_.within || chains_[0].empty()) chains_[0] = {seen};
      continue;
    }
    const std::vector<Seen>& before = chains_[step - 1];
    if (before.empty() || too_old(before.front().received, seen.received)) continue;
    if (!chains_[step].empty() && !spec_.within) continue;
    chains_[step] = before;
    chains_[step].push_back(seen);
  }
  answer_ = chains_.back();
  return !answer_.empty();
}

int WaitPlan::status() const {
  if (answer_.empty()) return kGood;
  if (spec_.what == WaitFor::sequence) return answer_.back().status;
  int status = kGood;
  for (const Seen& seen : answer_) status = worse_status(status, seen.status);
  return status;
}

// The clauses that are still waited for, by their places.
std::vector<std::size_t> WaitPlan::open() const {
  std::vector<std::size_t> open;
  open.reserve(clauses_.size());
  std::size_t done = 0;  // of a sequence
  while (spec_.what == WaitFor::sequence && done < chains_.size() && !chains_[done].empty()) ++done;
  for (std::size_t i = done; i < clauses_.size(); ++i) {
    if (spec_.what != WaitFor::all_of || !latest_[i]) open.push_back(i);
  }
  return open;
}

std::vector<std::string> WaitPlan::outstanding() const {
  if (spec_.what == WaitFor::all_of || spec_.what == WaitFor::sequence) {
    std::vector<std::string> clauses;
    for (const std::size_t i : open()) clauses.push_back(spec_.clauses[i]);
    return clauses;
  }
  if (spec_.what == WaitFor::match && spec_.count > 1) {
    return {where_ + " (" + std::to_string(answer_.size()) + " of " + std::to_string(spec_.count) + " seen)"};
  }
  return {where_};
}

Needs WaitPlan::needs() const {
  // Where all that is open must come, a clause that any source may bring frees none of the others.
  const bool all_must = spec_.what == WaitFor::all_of || spec_.what == WaitFor::sequence;
  Needs needs;
  std::vector<std::string> named;
  bool any = false;
  for (const std::size_t i : open()) {
    const std::string& clause = spec_.clauses[i];
    const auto whole = spec_.filter.empty() ? compile_expression(clause)
                                            : compile_expression(joined({clause}, spec_.filter));
    if (!whole) continue;
    const auto sources = predicate::needed_values(*whole, "source");
    any = any || !sources;
    if (sources) named.insert(named.end(), sources->begin(), sources->end());
    const auto tasks = predicate::needed_values(*whole, "task.id");
    if (tasks) needs.tasks.insert(needs.tasks.end(), tasks->begin(), tasks->end());
  }
  if (!any || (all_must && !named.empty())) needs.sources = std::move(named);
  return needs;
}

}  // namespace bus::cli
