#include "core/rules/rule_set.h"

#include <utility>

#include "core/config/loader.h"

namespace bus::rules {

std::map<std::string, RuleSet::Found, std::less<>> RuleSet::find_all(const Engine::Tables& tables) {
  std::map<std::string, Found, std::less<>> all;
  for (const auto& [name, table] : tables) all[name] = {table, {}, false};
  std::vector<config::Problem> folder;
  for (config::RuleFile& file : config::read_rule_files(shared_.at.rules_folder, folder)) {
    const auto known = all.find(file.name);
    if (known == all.end()) {
      all[file.name] = {std::move(file.table), std::move(file.problems), true};
    } else {
      known->second.problems.push_back(
          {{file.path},
           "rule '" + file.name + "' is already at " + known->second.table.place.text(),
           "keep one of them"});
    }
  }
  problems_.clear();
  for (const config::Problem& problem : folder) problems_.push_back(problem.text());
  return all;
}

void RuleSet::load(const Engine::Tables& tables) {
  if (closed_) return;
  auto all = find_all(tables);
  for (auto at = entries_.begin(); at != entries_.end();) {
    if (all.contains(at->first)) {
      ++at;
      continue;
    }
    Entry gone = std::move(at->second);
    const std::string name = at->first;
    at = entries_.erase(at);
    retire(gone, "the rule was removed", true, [this, name] {
      // Unless one of that name has come since.
      if (!entries_.contains(name)) (void)shared_.at.store.rule_book().end_rule(name);
    });
  }
  for (auto& [name, found] : all) take(name, std::move(found));
}

void RuleSet::take(const std::string& name, Found found) {
  Rule rule = read_rule(name, found.table, found.problems);
  Entry& entry = entries_[name];
  entry.in_file = found.in_file;
  if (!found.problems.empty()) {
    const std::string wrong = config::to_error(found.problems).message;
    if (wrong != entry.wrong) shared_.at.warn("rule " + name + ": " + wrong);
    entry.wrong = wrong;
    if (!entry.known_good) entry.rule = std::move(rule);
    return;
  }
  entry.wrong.clear();
  const bool same = entry.known_good && to_toml(rule) == to_toml(entry.rule);
  const bool was_off = entry.known_good && !entry.rule.enabled;
  entry.rule = std::move(rule);
  entry.known_good = true;
  if (!entry.rule.enabled) {
    if (entry.worker) retire(entry, "the rule was disabled", false, {});
    return skip_to_head(name);
  }
  if (!entry.worker) return run(entry, was_off);
  if (same) return;
  if (Status updated = entry.worker->update(entry.rule); !updated) entry.trouble = updated.error().message;
}

void RuleSet::run(Entry& entry, bool was_off) {
  // What happened while it was off is not made up for.
  if (was_off) skip_to_head(entry.rule.name);
  auto worker = std::make_shared<Worker>(shared_, entry.rule);
  const Status opened = worker->open();
  entry.trouble = opened ? std::string() : opened.error().message;
  if (opened) {
    entry.worker = std::move(worker);
  } else {
    shared_.at.warn("rule " + entry.rule.name + " does not run: " + entry.trouble);
  }
}

void RuleSet::skip_to_head(const std::string& name) {
  store::RuleBook& book = shared_.at.store.rule_book();
  const auto known = book.rule_progress(name);
  if (known && *known) (void)book.settle(name, {}, shared_.at.hub.head(), (*known)->begun);
}

void RuleSet::retire(Entry& entry, const std::string& reason, bool stop_programs,
                     std::function<void()> after) {
  if (!entry.worker) {
    if (after) after();
    return;
  }
  const std::shared_ptr<Worker> worker = std::exchange(entry.worker, nullptr);
  retired_.insert(worker);
  worker->close(reason, stop_programs, [this, worker, after = std::move(after)] {
    // On the next round: the worker is in the middle of its own.
    shared_.runner.post("rule", [this, worker, after] {
      if (after) after();
      retired_.erase(worker);
      if (retired_.empty() && idle_) std::exchange(idle_, nullptr)();
    });
  });
}

void RuleSet::close(std::function<void()> idle) {
  closed_ = true;
  idle_ = std::move(idle);
  for (const auto& worker : retired_) worker->stop_programs("the host stopped");
  for (auto& [name, entry] : entries_) {
    if (entry.known_good && !entry.rule.enabled) skip_to_head(name);
    retire(entry, {}, true, {});
  }
  if (retired_.empty() && idle_) std::exchange(idle_, nullptr)();
}

const RuleSet::Entry* RuleSet::find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

void RuleSet::save_positions() {
  for (auto& [name, entry] : entries_) {
    if (entry.worker) {
      entry.worker->save_position();
    } else if (entry.known_good && !entry.rule.enabled) {
      skip_to_head(name);
    }
  }
}

}  // namespace bus::rules
