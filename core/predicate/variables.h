// The variables of an event: their names, and how each is read. PREDICATES.md describes them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/predicate/program.h"

namespace bus::predicate {

enum class Variable : std::uint8_t {
  seq,
  id,
  source,
  type,
  scope,
  subject,
  time,
  received,
  key,
  summary,
  task,
  data,
};

enum class TaskField : std::uint8_t {
  id,
  attempt,
  kind,
  name,
  scope,
  ref,
  sha,
  change,
  url,
  actor,
  worker,
  parent,
  state,
  result,
  ok,
  blocked_on,
  detail,
  exit,
  signal,
  started,
  ended,
  effect,
};

std::span<const std::string_view> variable_names();  // in the order of Variable, then the members of messages
std::span<const std::string_view> task_field_names();  // in the order of TaskField

std::optional<Variable> variable_named(std::string_view name);
// from, to, channel, thread: members of data that can be named alone.
bool is_message_field(std::string_view name);
std::optional<TaskField> task_field_named(std::string_view name);

// The value in that event; Fault::no_variable for an event without task or data. Only `task` as a whole uses
// `arena`.
Value read(Variable variable, EventView& event, Context& context);
// Fault::no_field if the task does not say. Fault::no_variable if the event has no task.
Value read(TaskField field, const event::Event& event);

}  // namespace bus::predicate
