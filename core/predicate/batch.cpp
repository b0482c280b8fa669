#include "core/predicate/batch.h"

#include <vector>

#include "core/json/writer.h"
#include "core/predicate/compiler.h"
#include "core/predicate/program.h"
#include "core/predicate/scratch.h"
#include "core/predicate/typed_json.h"

namespace bus::predicate {

namespace {

std::string answer_error(const std::string& why) {
  std::string out;
  json::Writer(out).begin_object().member("error", why).end_object();
  return out;
}

}  // namespace

std::string answer_batch_line(std::string_view line) {
  json::Document document;
  const auto root = document.parse(line);
  if (!root) return answer_error(root.error().message);
  const auto source = (*root)["expr"].string();
  if (!source) return answer_error("\"expr\" is missing or no string");

  Arena arena;
  std::vector<std::string> names;
  std::vector<Value> values;
  for (const json::Member member : (*root)["bindings"].members()) {
    const auto value = read_typed(member.value, arena);
    if (!value) return answer_error(std::string(member.key) + ": " + value.error().message);
    names.emplace_back(member.key);
    values.push_back(*value);
  }
  const auto program = compile_program(*source, {.for_events = false, .strict = false, .bindings = names});
  if (!program) return answer_error(program.error().message);

  Scratch scratch;
  Context context(scratch.arena());
  context.bindings = values;
  const Value value = run(**program, context);
  if (value.is_error()) return answer_error(fault_text(value));
  std::string out = "{\"value\":";
  append_typed(out, value);
  return out += '}';
}

}  // namespace bus::predicate
