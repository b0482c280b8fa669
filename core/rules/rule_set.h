// RuleSet: which rules there are, good or not, and where each comes from. Private to core/rules; the rules'
// thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/rules/engine.h"
#include "core/rules/rule.h"
#include "core/rules/worker.h"

namespace bus::rules {

class RuleSet {
 public:
  struct Entry {
    Rule rule;                         // as it stands; the last good one while `wrong` is not empty
    std::string wrong;                 // why the file cannot be used
    bool in_file = true;               // of rules.d; else of config.toml
    bool known_good = false;           // `rule` was good once
    std::shared_ptr<Worker> worker{};  // null: it does not run
    std::string trouble{};             // why it could not be opened
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  explicit RuleSet(Shared& shared) : shared_(shared) {}

  // Reads the folder, and opens, updates and closes what has changed.
  void load(const Engine::Tables& tables);
  // Closes all, for good; `idle` is called when no program runs any more.
  void close(std::function<void()> idle);

  const Entries& entries() const { return entries_; }
  const Entry* find(std::string_view name) const;
  const std::vector<std::string>& problems() const { return problems_; }  // of the folder itself

  void save_positions();

 private:
  struct Found {
    config::Table table;
    std::vector<config::Problem> problems;
    bool in_file = true;
  };
  std::map<std::string, Found, std::less<>> find_all(const Engine::Tables& tables);
  void take(const std::string& name, Found found);
  void run(Entry& entry, bool was_off);
  void retire(Entry& entry, const std::string& reason, bool stop_programs, std::function<void()> after);
  void skip_to_head(const std::string& name);

  Shared& shared_;
  Entries entries_;
  std::vector<std::string> problems_;
  std::set<std::shared_ptr<Worker>> retired_;  // whose programs still run
  bool closed_ = false;
  std::function<void()> idle_;
};

}  // namespace bus::rules
