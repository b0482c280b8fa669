// Equality and order of values, as CEL has them: numbers compare across their types, other types do not mix.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/predicate/value.h"

namespace bus::predicate {

// Never an error: values of different types are unequal. NaN equals nothing. `steps` is lowered by the work
// done; once it is negative the answer means nothing.
bool equal(const Value& a, const Value& b, std::int64_t& steps);

// unordered with a NaN; nullopt if the types have no order between them.
std::optional<std::partial_ordering> order(const Value& a, const Value& b);

// Looks `key` up in a map. `found` is only written if it is there, and may be the map itself.
bool find(const Value& map, const Value& key, Value& found, std::int64_t& steps);
bool find(const Value& map, std::string_view key, Value& found, std::int64_t& steps);

}  // namespace bus::predicate
