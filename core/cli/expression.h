// Expressions as users give them.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/predicate/predicate.h"

namespace bus::cli {

// compile(), with every refusal a Code::invalid: also an expression beyond the bounds stays wrong however
// often it is tried.
Result<predicate::Predicate> compile_expression(std::string_view source);

// The same for a refusal of the evaluation.
Error as_usage(Error why);

}  // namespace bus::cli
