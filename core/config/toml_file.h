// Reading one TOML text into settings. Inside core/config only; toml++ is in its .cpp alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/settings.h"

namespace bus::config {

// A whole configuration file: sections of the catalog, sources, sinks and rules.
void read_settings(std::string_view text, const std::string& file, Settings& settings,
                   std::vector<Problem>& problems);

// A file of rules.d: one rule, its options at the top.
Table read_rule(std::string_view text, const std::string& file, std::vector<Problem>& problems);

// Rule names: [a-z][a-z0-9_-]*, at most 64 bytes.
bool is_rule_name(std::string_view name);

}  // namespace bus::config
