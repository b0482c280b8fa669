#include "core/event/task.h"

#include <array>

namespace bus::event {
namespace {

constexpr std::array<std::string_view, 5> kStates = {"pending", "running", "blocked", "unknown", "finished"};
constexpr std::array<std::string_view, 6> kResults = {"success", "skip",    "failure",
                                                      "error",   "timeout", "cancellation"};
constexpr std::array<std::string_view, 4> kEffects = {"", "new", "repeat", "stale"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name && !name.empty()) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

int rank(State state) {
  return state == State::pending ? 0 : state == State::finished ? 2 : 1;
}

void keep(std::string& field, const std::string& known) {
  if (field.empty()) field = known;
}

template <class T>
void keep(std::optional<T>& field, const std::optional<T>& known) {
  if (!field) field = known;
}

}  // namespace

std::string_view name(State state) {
  return kStates[static_cast<std::size_t>(state)];
}
std::string_view name(Outcome result) {
  return kResults[static_cast<std::size_t>(result)];
}
std::string_view name(Effect effect) {
  return kEffects[static_cast<std::size_t>(effect)];
}
std::optional<State> state_named(std::string_view name) {
  return find<State>(kStates, name);
}
std::optional<Outcome> outcome_named(std::string_view name) {
  return find<Outcome>(kResults, name);
}
std::optional<Effect> effect_named(std::string_view name) {
  return find<Effect>(kEffects, name);
}

void number(const Task* known, Task& report, Time at) {
  if (report.attempt != 0) return;
  const bool finished = report.state == State::finished;
  if (finished && !report.ended) report.ended = at;
  if (known == nullptr) {
    report.attempt = 1;
    return;
  }
  report.attempt = known->attempt;
  if (known->state == State::finished) {
    const bool contradicts = !finished || report.result != known->result;
    if (!contradicts || !known->ended || at <= *known->ended) return;
    ++report.attempt;
    const bool of_before = report.started && *report.started <= *known->ended;
    if (of_before) report.started.reset();
    // What is older than this is of the attempt before.
    if (!finished && !report.started) report.started = at;
  } else if (known->attempt > 1 && known->started && at < *known->started) {
    --report.attempt;
  }
}

Effect judge(const Task* known, const Task& report) {
  if (known == nullptr || report.attempt > known->attempt) return Effect::moved;
  if (report.attempt < known->attempt) return Effect::stale;
  if (known->state == report.state) {
    if (report.state == State::finished)
      return known->result == report.result ? Effect::repeat : Effect::stale;
    if (report.state == State::blocked && known->blocked_on != report.blocked_on) return Effect::moved;
    return Effect::repeat;
  }
  if (known->state == State::unknown) return Effect::moved;
  return rank(report.state) < rank(known->state) ? Effect::stale : Effect::moved;
}

Task merge(const Task* known, const Task& report) {
  Task task = report;
  if (known == nullptr) return task;
  keep(task.kind, known->kind);
  keep(task.name, known->name);
  keep(task.scope, known->scope);
  keep(task.ref, known->ref);
  keep(task.sha, known->sha);
  keep(task.change, known->change);
  keep(task.url, known->url);
  keep(task.actor, known->actor);
  keep(task.parent, known->parent);
  if (report.attempt != known->attempt) return task;
  keep(task.worker, known->worker);
  keep(task.started, known->started);
  keep(task.ended, known->ended);
  keep(task.exit, known->exit);
  keep(task.signal, known->signal);
  if (task.state == known->state) keep(task.detail, known->detail);
  return task;
}

}  // namespace bus::event
