// The events by which a run of a rule is a task: pending, running, finished.
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

// Events of rules have this source; nobody else may use it.
inline constexpr std::string_view kRuleSource = "rule";
inline constexpr std::string_view kRunType = "rule_run";
inline constexpr std::string_view kRunKind = "action";

// What the events of one run have in common.
struct RunFacts {
  std::string rule;
  RunId run = 0;  // the seq of the event that made it, or a number that no event has
  std::int64_t attempt = 1;
  std::uint64_t trigger = 0;  // seq of the last event that it stands for
  std::size_t events = 1;     // how many it stands for
  std::string parent{};       // the trigger's task
  std::string trace{};        // its traceparent
  bool by_hand = false;       // bus rules trigger
};

// "rule:<name>/run/<id>"
std::string task_id(std::string_view rule, RunId run);
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

// What a program's end means.
RunEnd end_of(const process::JobEnd& job);

store::NewEvent pending_event(const RunFacts& facts, Time now);
store::NewEvent running_event(const RunFacts& facts, Time now);
store::NewEvent finished_event(const RunFacts& facts, const RunEnd& end, Time now);

}  // namespace bus::rules
