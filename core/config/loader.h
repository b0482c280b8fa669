// From files, environment and flags to Settings. Everything is checked, and all that is wrong is told at
// once.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/config/paths.h"
#include "core/config/settings.h"

namespace bus::config {

inline constexpr std::size_t kMaxFile = 1u << 20;  // bytes of one configuration file

struct Sources {
  std::string file{};          // config.toml; empty or not there: no file
  bool file_required = false;  // the user named the file: a missing one is a problem
  std::string rules_folder{};  // rules.d; each <name>.toml in it is one rule
  Lookup environment{};        // empty: none
  std::vector<std::pair<std::string, std::string>> flags{};  // catalog key → text, as after --set
};

struct Loaded {
  Settings settings;  // with the defaults where something is wrong
  std::vector<Problem> problems;
  bool ok() const { return problems.empty(); }
};

// A file of rules.d, as it was found.
struct RuleFile {
  std::string name;  // of the file, without .toml; what the rule is called
  std::string path;
  Table table;  // empty where something is wrong
  std::vector<Problem> problems{};
};

// All files <name>.toml of the folder, by name; a folder that is not there has none. Files that others could
// have written are problems, too.
std::vector<RuleFile> read_rule_files(const std::string& folder, std::vector<Problem>& problems);
// One of them, from its text.
RuleFile read_rule_text(std::string_view name, const std::string& path, std::string_view toml);

// Flag over environment over file over default. Reads files, opens nothing else.
Loaded load(const Sources& sources);
// The same from the text of a file; `name` stands in places. For `config check -` and tests.
Loaded load_text(std::string_view toml, std::string_view name, const Sources& sources = {});

}  // namespace bus::config
