// Batch: one JSON line in, one out; how `bus expr --batch` speaks and how conformance suites are run.
#pragma once

#include <string>
#include <string_view>

namespace bus::predicate {

// Reads {"expr": "…", "bindings": {"name": VALUE}} with typed values (typed_json.h) and answers {"value":
// VALUE} or
// {"error": "why"}, without a newline. Names that mean nothing are errors of the evaluation here, as CEL has
// them without a checker: `unknown || true` is true. Never fails otherwise.
std::string answer_batch_line(std::string_view line);

}  // namespace bus::predicate
