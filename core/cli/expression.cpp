#include "core/cli/expression.h"

#include <utility>

namespace bus::cli {

Result<predicate::Predicate> compile_expression(std::string_view source) {
  auto compiled = predicate::compile(source);
  if (!compiled) return as_usage(std::move(compiled).error());
  return compiled;
}

Error as_usage(Error why) {
  if (why.code == Code::limit) why.code = Code::invalid;
  return why;
}

}  // namespace bus::cli
