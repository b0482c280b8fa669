// The list of all verbs. A verb's table is defined in the file that is named after it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/cli/verb.h"

namespace bus::cli {

// In the order of the overview.
std::span<const Verb* const> verbs();

// The verb of that whole name ("events list"); null if there is none.
const Verb* find_verb(std::string_view name);
// The verbs of a group ("events"); empty if it is no group.
std::vector<const Verb*> group_members(std::string_view group);
// What can be said as the first word: verbs and groups, without the hidden ones.
std::vector<std::string_view> first_words();

}  // namespace bus::cli
