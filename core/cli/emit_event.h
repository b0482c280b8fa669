// From the flags of `bus emit` to the JSON of one event. Pure but for @file and stdin.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/cli/arguments.h"

namespace bus::cli {

// The source of an event that names none.
inline constexpr std::string_view kDefaultSource = "cli";

// The event that the options describe. Code::invalid names the option that cannot be read; the host checks
// the rest.
Result<std::string> event_of_options(const Arguments& arguments);

// An event given as JSON, with the source filled in if it names none. Code::invalid: it is no JSON object.
Result<std::string> event_of_json(std::string_view text);

// "id=x", "state=running,kind=run" or a JSON object: the task facet as JSON. Numbers where the form has
// numbers.
Result<std::string> task_of_words(const std::vector<std::string>& words);

}  // namespace bus::cli
