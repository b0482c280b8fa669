// What must hold of a text before toml++ may read it. Inside core/config only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/config/table.h"

namespace bus::config {

// What is wrong with the text: it is not UTF-8, or has a character beyond ASCII outside of strings and
// comments. TOML allows neither, and toml++ 3.3 has undefined behaviour on both. nullopt: toml++ may judge
// the rest.
std::optional<Problem> check_toml_text(std::string_view text, const std::string& file);

}  // namespace bus::config
