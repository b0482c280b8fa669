// Macros: calls that are rewritten while parsing, because they bind variables or do not evaluate their
// argument.
#pragma once

#include <span>
#include <string_view>

#include "core/base/result.h"
#include "core/predicate/ast.h"

namespace bus::predicate {

// Turns a call or method that is a macro into its own form, and leaves all others alone.
Status expand_macro(std::string_view source, Expr& call);

// For suggestions: has, all, exists, …
std::span<const std::string_view> macro_names();

}  // namespace bus::predicate
