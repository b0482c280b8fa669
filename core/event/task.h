// Task: a piece of work that events report on, and the rules by which reports move it. EVENTS.md has the
// words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace bus::event {

enum class State : std::uint8_t { pending, running, blocked, unknown, finished };
enum class Outcome : std::uint8_t { success, skip, failure, error, timeout, cancellation };
// What a report did to the task, said by the host.
enum class Effect : std::uint8_t { none, moved, repeat, stale };

std::string_view name(State state);
std::string_view name(Outcome result);
std::string_view name(Effect effect);  // "new", "repeat", "stale"; empty for none
std::optional<State> state_named(std::string_view name);
std::optional<Outcome> outcome_named(std::string_view name);
std::optional<Effect> effect_named(std::string_view name);

// The task facet of an event, and the latest state of a task: the same fields. Empty text means unknown.
struct Task {
  std::string id;    // stable across attempts
  std::string kind;  // run job step check test container process action work agent alert group …
  std::string name, scope, ref, sha, change, url, actor, worker;
  std::string parent;         // task id
  std::string blocked_on;     // input, approval, auth; only when blocked
  std::string detail;         // the source's own word
  std::uint32_t attempt = 1;  // 0 in a report whose source does not number attempts: number() gives it one
  State state = State::pending;
  std::optional<Outcome> result;       // set exactly when finished
  std::optional<int> exit;             // for processes
  std::string signal;                  // for processes: "SIGKILL"
  std::optional<Time> started, ended;  // the source's clock
  Effect effect = Effect::none;

  bool ok() const { return result == Outcome::success || result == Outcome::skip; }
};

// Gives a report without an attempt (0) its number; others stay as they are. `at` is when the report was
// made, by the source's clock. A report that contradicts a finished attempt and is younger than its end
// begins the next one; one that is older than the beginning of the attempt belongs to the one before; any
// other belongs to the attempt that is known. Times that the report leaves out and that later reports are
// compared with are taken from `at`.
void number(const Task* known, Task& report, Time at);

// What `report` does to a task whose latest known state is `known` (null: not known yet). Pure.
//
// A higher attempt starts over. Within an attempt pending → running/blocked/unknown → finished; running,
// blocked and unknown may follow each other; nothing leaves finished and nothing returns to pending. An
// unknown task comes back by any observation, also "pending". The same state (and, when blocked, the same
// blocked_on; when finished, the same result) again is a repeat, whatever else the report says. REQUIRES: the
// report is numbered.
Effect judge(const Task* known, const Task& report);

// The task after a report that judge() called moved or repeat: the report's fields over the known ones. What
// the report leaves empty stays known; a new attempt keeps only what names the task, not how the last try
// went.
Task merge(const Task* known, const Task& report);

}  // namespace bus::event
