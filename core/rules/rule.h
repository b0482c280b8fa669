// Rule: a stored predicate with a program to run, and the policies of both. RULES.md describes the file.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/table.h"
#include "core/predicate/predicate.h"
#include "core/process/program.h"
#include "core/rules/policy.h"

namespace bus::rules {

struct Rule {
  std::string name;
  config::Place place;  // its file
  bool enabled = true;

  std::string on;            // the predicate's source
  std::string key{};         // the source of Policy::keyed's expression
  bool all_reports = false;  // also reports that told nothing new of their task
  Policy policy{};

  std::vector<std::string> run;         // run[0] is an absolute path
  std::string cwd{};                    // empty: the user's home
  std::vector<std::string> env{};       // "NAME=value"
  std::vector<std::string> pass_env{};  // names taken from the host's environment, besides the usual ones
  std::vector<std::pair<std::string, std::string>> secret_env{};  // variable, name of the secret
  Stdin in = Stdin::null;
  std::optional<mode_t> umask{};
  std::vector<process::Limit> limits{};
  std::vector<std::string> limit_words{};  // the same as they were written

  // Compiled from `on` and `key`.
  std::optional<predicate::Predicate> predicate{};
  std::optional<predicate::Predicate> key_expression{};
};

// A rule from its table. What is wrong is put into `problems`, each at its place; the rule is good if there
// are none.
Rule read_rule(std::string_view name, const config::Table& table, std::vector<config::Problem>& problems);

// The rule as the text of its file.
std::string to_toml(const Rule& rule);

// The same text with `enabled` set; comments and order stay.
std::string with_enabled(std::string_view toml, bool enabled);

// The environment's base for programs of rules: what a login shell would have, out of ours, and `pass`.
std::vector<std::string> base_environment(const std::vector<std::string>& ours,
                                          const std::vector<std::string>& pass);

// The shape of `rules show --json`: every setting that is not the default.
std::string to_json(const Rule& rule);

}  // namespace bus::rules
