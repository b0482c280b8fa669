// bus.expr/1 for whoever holds the expressions: an instance, or a child process.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bus/ext/expr.h"
#include "core/base/result.h"
#include "core/plugin/expressions.h"

namespace bus::plugin {

// What bus_expr.evaluate is given.
struct ExprCall {
  const std::uint64_t* expressions;
  std::size_t expression_count;
  const bus_expr_value* values;
  std::size_t value_count;
};

// As the functions of bus_expr say. Safe for concurrent use.
Status compile_expression(Expressions& expressions, bus_text source, const bus_text* variables,
                          std::size_t count, std::uint64_t* expression);
Status evaluate_expressions(const Expressions& expressions, const ExprCall& call,
                            void (*take)(void*, std::size_t, std::int32_t, bus_text), void* argument);

}  // namespace bus::plugin
