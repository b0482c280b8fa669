// Help texts, made from the verbs' tables. Examples come first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/cli/verb.h"

namespace bus::cli {

// All verbs, one line each.
std::string overview();
// REQUIRES: `group` is one.
std::string group_help(std::string_view group);
std::string verb_help(const Verb& verb);

// The statuses a verb can end with, in order: its own and the common ones that apply to it.
std::vector<ExitMeaning> exits_of(const Verb& verb);

}  // namespace bus::cli
