// What a predicate needs of one field: the values of which a matching event must have one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/predicate/predicate.h"

namespace bus::predicate {

// For a field as it is written ("source", "task.id"): the texts that it is compared with, sorted, if no event
// with another one there can match (`source == "github" && …`, `source in ["a", "b"]`). nullopt if the
// predicate does not bind the field so.
std::optional<std::vector<std::string>> needed_values(const Predicate& predicate, std::string_view field);

}  // namespace bus::predicate
