// Expression: CEL over variables of the caller's own, compiled once; its result is a value, not a match.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/json/reader.h"

namespace bus::predicate {

struct Program;

// The value of a variable in one evaluation: a JSON value, a string, or (neither) none: then what reads it is
// an error.
struct Argument {
  json::Node json{};
  std::optional<std::string_view> text{};  // UTF-8
};

// Immutable: safe to share between threads; a copy costs a reference count.
class Expression {
 public:
  // `variables` are the names that mean something. Errors are those of predicate.h: compile(), with the
  // column in front. Code::invalid also for a variable that is no name.
  static Result<Expression> compile(std::string_view source, std::span<const std::string> variables);

  // The value as JSON (typed_json.h: append_plain). Errors begin with the column: Code::invalid, or
  // Code::limit after a million steps. REQUIRES: an argument for each variable, in their order.
  Result<std::string> evaluate(std::span<const Argument> arguments) const;

  std::string_view source() const;
  std::size_t variables() const { return variables_->size(); }

 private:
  using Names = std::shared_ptr<const std::vector<std::string>>;
  Expression(std::shared_ptr<const Program> program, Names variables)
      : program_(std::move(program)), variables_(std::move(variables)) {}
  std::shared_ptr<const Program> program_;
  Names variables_;
};

}  // namespace bus::predicate
