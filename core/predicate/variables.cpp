#include "core/predicate/variables.h"

#include <algorithm>
#include <array>

namespace bus::predicate {

namespace {

constexpr std::size_t kVariables = 12;
constexpr std::array<std::string_view, 16> kVariableNames = {
    "seq", "id",      "source", "type", "scope", "subject", "time",    "received",
    "key", "summary", "task",   "data", "from",  "to",      "channel", "thread"};
constexpr std::array<std::string_view, 22> kTaskNames = {
    "id",     "attempt", "kind",   "name",    "scope", "ref",    "sha", "change",
    "url",    "actor",   "worker", "parent",  "state", "result", "ok",  "blocked_on",
    "detail", "exit",    "signal", "started", "ended", "effect"};

std::optional<std::size_t> position(std::span<const std::string_view> names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

Value timestamp(Time time) {
  constexpr std::int64_t kSecond = 1'000'000;
  std::int64_t seconds = time.us / kSecond;
  std::int64_t rest = time.us % kSecond;
  if (rest < 0) rest += kSecond, --seconds;
  return Value::timestamp(seconds, static_cast<std::uint32_t>(rest * 1000));
}

Value natural(std::uint64_t value) {
  const bool fits = value <= static_cast<std::uint64_t>(INT64_MAX);
  return fits ? Value::integer(static_cast<std::int64_t>(value)) : Value::uinteger(value);
}

Value missing(TaskField field) {
  return Value::fault(Fault::no_field, kTaskNames[static_cast<std::size_t>(field)]);
}

Value text_or_missing(std::string_view text, TaskField field) {
  return text.empty() ? missing(field) : Value::string(text);
}

Value whole_task(const event::Event& event, Context& context) {
  if (!event.task) return Value::fault(Fault::no_variable, "task");
  Entry* entries = context.allocate<Entry>(kTaskNames.size());
  if (entries == nullptr) return Value::fault(Fault::budget, {});
  std::size_t count = 0;
  for (std::size_t i = 0; i < kTaskNames.size(); ++i) {
    const Value value = read(static_cast<TaskField>(i), event);
    if (!value.is_error()) entries[count++] = {Value::string(kTaskNames[i]), value};
  }
  return Value::map({entries, count});
}

}  // namespace

std::span<const std::string_view> variable_names() {
  return kVariableNames;
}
std::span<const std::string_view> task_field_names() {
  return kTaskNames;
}

std::optional<Variable> variable_named(std::string_view name) {
  const auto found = position(std::span(kVariableNames).first(kVariables), name);
  if (!found) return std::nullopt;
  return static_cast<Variable>(*found);
}

bool is_message_field(std::string_view name) {
  return position(std::span(kVariableNames).subspan(kVariables), name).has_value();
}

std::optional<TaskField> task_field_named(std::string_view name) {
  const auto found = position(kTaskNames, name);
  if (!found) return std::nullopt;
  return static_cast<TaskField>(*found);
}

Value read(Variable variable, EventView& view, Context& context) {
  const event::Event& event = view.event();
  switch (variable) {
    case Variable::seq:
      return natural(event.seq);
    case Variable::id:
      return Value::string(view.id());
    case Variable::source:
      return Value::string(event.source);
    case Variable::type:
      return Value::string(event.type);
    case Variable::scope:
      return Value::string(event.scope);
    case Variable::subject:
      return Value::string(event.subject);
    case Variable::time:
      return timestamp(event.time);
    case Variable::received:
      return timestamp(event.received);
    case Variable::key:
      return Value::string(event.key);
    case Variable::summary:
      return Value::string(event.summary);
    case Variable::task:
      return whole_task(event, context);
    case Variable::data:
      break;
  }
  const json::Node data = view.data();
  return data.exists() ? Value::json(data) : Value::fault(Fault::no_variable, "data");
}

Value read(TaskField field, const event::Event& event) {
  if (!event.task) return Value::fault(Fault::no_variable, "task");
  const event::Task& task = *event.task;
  switch (field) {
    case TaskField::id:
      return text_or_missing(task.id, field);
    case TaskField::attempt:
      return Value::integer(task.attempt);
    case TaskField::kind:
      return text_or_missing(task.kind, field);
    case TaskField::name:
      return text_or_missing(task.name, field);
    case TaskField::scope:
      return text_or_missing(task.scope, field);
    case TaskField::ref:
      return text_or_missing(task.ref, field);
    case TaskField::sha:
      return text_or_missing(task.sha, field);
    case TaskField::change:
      return text_or_missing(task.change, field);
    case TaskField::url:
      return text_or_missing(task.url, field);
    case TaskField::actor:
      return text_or_missing(task.actor, field);
    case TaskField::worker:
      return text_or_missing(task.worker, field);
    case TaskField::parent:
      return text_or_missing(task.parent, field);
    case TaskField::state:
      return Value::string(name(task.state));
    case TaskField::result:
      return task.result ? Value::string(name(*task.result)) : missing(field);
    case TaskField::ok:
      return task.result ? Value::boolean(task.ok()) : missing(field);
    case TaskField::blocked_on:
      return text_or_missing(task.blocked_on, field);
    case TaskField::detail:
      return text_or_missing(task.detail, field);
    case TaskField::exit:
      return task.exit ? Value::integer(*task.exit) : missing(field);
    case TaskField::signal:
      return text_or_missing(task.signal, field);
    case TaskField::started:
      return task.started ? timestamp(*task.started) : missing(field);
    case TaskField::ended:
      return task.ended ? timestamp(*task.ended) : missing(field);
    case TaskField::effect:
      return text_or_missing(name(task.effect), field);
  }
  return missing(field);
}

}  // namespace bus::predicate
