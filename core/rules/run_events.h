// The events by which a run of a rule, or of `bus on`, is a task: pending, running, finished.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/event/event.h"
#include "core/process/jobs.h"
#include "core/rules/scheduler.h"
#include "core/store/store.h"

namespace bus::rules {

// Events of rules have the one source, those of `bus on` the other; nobody else may use them.
inline constexpr std::string_view kRuleSource = "rule";
inline constexpr std::string_view kOnSource = "on";
inline constexpr std::string_view kRuleRunType = "rule_run";
inline constexpr std::string_view kOnRunType = "on_run";
inline constexpr std::string_view kRunKind = "action";
// How the ids of its tasks begin.
inline constexpr std::string_view kOnTask = "on:";

// What the events of one run have in common.
struct RunFacts {
  std::string rule;  // its name; of `bus on`: the program's
  RunId run = 0;     // the seq of the event that made it, or a number that no event has
  std::int64_t attempt = 1;
  std::uint64_t trigger = 0;  // seq of the last event that it stands for
  std::size_t events = 1;     // how many it stands for
  std::string parent{};       // the trigger's task
  std::string trace{};        // its traceparent
  bool by_hand = false;       // bus rules trigger
  int depth = 1;              // runs that led to each other, this one included
  std::string session{};      // set: of the `bus on` of that name, which no other one has
  std::string cursor{};       // its --cursor
};

// "rule:<name>/run/<id>"
std::string task_id(std::string_view rule, RunId run);
// That, or "on:<session>/run/<id>".
std::string task_id(const RunFacts& facts);
// The two parts of such an id; nullopt for any other.
struct NamedRun {
  std::string_view rule;
  RunId run = 0;
};
std::optional<NamedRun> named_run(std::string_view task);

// How it came to an end, for the finished event.
struct RunEnd {
  event::Outcome result = event::Outcome::success;
  std::string detail{};  // "exit 3", "SIGKILL", "lost", "dropped: busy", …
  std::optional<int> exit{};
  std::string signal{};
  std::optional<Time> started{}, ended{};
  std::string note{};    // more for people: why it could not be started
  bool gave_up = false;  // it failed, and was the last of several attempts
};

// It could not be started.
RunEnd not_started(const Error& why);
// What a program's end means.
RunEnd end_of(const process::JobEnd& job);

store::NewEvent pending_event(const RunFacts& facts, Time now);
store::NewEvent running_event(const RunFacts& facts, Time now);
store::NewEvent finished_event(const RunFacts& facts, const RunEnd& end, Time now);

}  // namespace bus::rules
