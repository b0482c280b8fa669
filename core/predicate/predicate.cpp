#include "core/predicate/predicate.h"

#include <vector>

#include "core/predicate/compiler.h"
#include "core/predicate/fault_error.h"
#include "core/predicate/program.h"
#include "core/predicate/scratch.h"
#include "core/predicate/typed_json.h"

namespace bus::predicate {

namespace {

Result<std::string> as_json(const Program& program, const Value& value) {
  if (value.is_error()) return fault_error(program, value);
  std::string out;
  append_plain(out, value);
  return out;
}

}  // namespace

std::string_view Predicate::source() const {
  return program_->source;
}

Result<Predicate> compile(std::string_view source) {
  auto program = compile_program(source, {});
  if (!program) return std::move(program).error();
  return Predicate(std::move(*program));
}

Match match(const Predicate& predicate, EventView& event, std::string* why) {
  Scratch scratch;
  Context context(scratch.arena());
  context.event = &event;
  const Value value = run(predicate.program(), context);
  if (value.is(Kind::boolean)) return value.as_boolean() ? Match::yes : Match::no;
  if (why != nullptr) {
    *why = value.is_error() ? fault_error(predicate.program(), value).message
                            : "the result is no bool but " + std::string(type_name(value.kind()));
  }
  return Match::error;
}

Result<std::string> evaluate_json(const Predicate& predicate, EventView& event) {
  Scratch scratch;
  Context context(scratch.arena());
  context.event = &event;
  return as_json(predicate.program(), run(predicate.program(), context));
}

Result<std::string> evaluate_json(std::string_view source, json::Node variables) {
  std::vector<std::string> names;
  std::vector<Value> values;
  for (const json::Member member : variables.members()) {
    names.emplace_back(member.key);
    values.push_back(Value::json(member.value));
  }
  const auto program = compile_program(source, {.for_events = false, .strict = true, .bindings = names});
  if (!program) return program.error();
  Scratch scratch;
  Context context(scratch.arena());
  context.bindings = values;
  return as_json(**program, run(**program, context));
}

}  // namespace bus::predicate
