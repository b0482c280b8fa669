#include "core/predicate/expression.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/predicate/compiler.h"
#include "core/predicate/fault_error.h"
#include "core/predicate/program.h"
#include "core/predicate/scratch.h"
#include "core/predicate/typed_json.h"

namespace bus::predicate {
namespace {

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

Result<Expression> Expression::compile(std::string_view source, std::span<const std::string> variables) {
  for (const std::string& name : variables) {
    if (!is_name(name)) return error(Code::invalid, "'" + printable(name) + "' cannot be a variable");
  }
  auto program = compile_program(source, {.for_events = false, .strict = true, .bindings = variables});
  if (!program) return std::move(program).error();
  return Expression(std::move(*program),
                    std::make_shared<const std::vector<std::string>>(variables.begin(), variables.end()));
}

Result<std::string> Expression::evaluate(std::span<const Argument> arguments) const {
  std::vector<Value> values;
  values.reserve(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Argument& argument = arguments[i];
    values.push_back(argument.text            ? Value::string(*argument.text)
                     : argument.json.exists() ? Value::json(argument.json)
                                              : Value::fault(Fault::no_variable, (*variables_)[i]));
  }
  Scratch scratch;
  Context context(scratch.arena());
  context.bindings = values;
  const Value value = run(*program_, context);
  if (value.is_error()) return fault_error(*program_, value);
  std::string out;
  append_plain(out, value);
  return out;
}

std::string_view Expression::source() const {
  return program_->source;
}

}  // namespace bus::predicate
