// Parser: CEL source to Expr.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/base/result.h"
#include "core/predicate/ast.h"

namespace bus::predicate {

inline constexpr std::size_t kMaxSource = 4096;  // bytes
inline constexpr std::size_t kMaxNesting = 64;   // brackets, calls and conditions within each other
inline constexpr std::size_t kMaxHeight = 256;   // of the tree, which chains such as a + b + c make high

// Code::limit for a source that is longer or deeper than the bounds, Code::invalid otherwise.
Result<ExprPtr> parse(std::string_view source);

}  // namespace bus::predicate
