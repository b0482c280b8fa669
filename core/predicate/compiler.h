// Compiler: Expr to Program. Names become slots, constant parts are computed once, regular expressions are
// prepared.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/predicate/program.h"

namespace bus::predicate {

// What names mean. With `for_events` the variables are those of an event; otherwise `bindings`, each with its
// position as slot. Names that mean nothing are an error here if `strict`, and an error of the evaluation
// otherwise.
struct Scope {
  bool for_events = true;
  bool strict = true;
  std::span<const std::string> bindings;
};

Result<std::shared_ptr<const Program>> compile_program(std::string_view source, const Scope& scope);

}  // namespace bus::predicate
