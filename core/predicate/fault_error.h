// An evaluation's fault, as an error for people. Internal to this folder.
#pragma once

#include "core/base/result.h"
#include "core/predicate/lexer.h"
#include "core/predicate/program.h"

namespace bus::predicate {

// "column 7: no such field 'x'". REQUIRES: `fault` is an error.
inline Error fault_error(const Program& program, const Value& fault) {
  Error placed = error_at(program.source, fault.at(), fault_text(fault));
  placed.code = fault.fault() == Fault::budget ? Code::limit : Code::invalid;
  return placed;
}

}  // namespace bus::predicate
