#include "core/cli/policy_options.h"

#include <algorithm>
#include <string>

namespace bus::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "when-busy",
     .value = "WHAT",
     .help = "What a match does while the program runs: queue (the default), latest (the newest waits and "
             "stands for "
             "those before it), drop, or restart (stop the program, then run it anew)."},
    {.name = "restart", .help = "--when-busy restart."},
    {.name = "jobs",
     .value = "N",
     .help = "At most N programs at the same time; 1 if left out, 8 with --key."},
    {.name = "key",
     .value = "EXPR",
     .help = "At most one program at a time for each value of this expression, as in --key scope."},
    {.name = "debounce",
     .value = "D",
     .help = "Run when it has been quiet for so long; BUS_EVENTS_FILE has all events since."},
    {.name = "max-wait", .value = "D", .help = "With --debounce: but no later than this after the first."},
    {.name = "rate", .value = "N/D", .help = "At most N starts within any stretch of D, as in 10/1m."},
    {.name = "retries", .value = "N", .help = "Try a program that failed again, up to N times."},
    {.name = "backoff",
     .value = "D",
     .help = "Before the first retry; then twice as long each time, at most 15m. 1s if left out."},
    {.name = "run-timeout", .value = "D", .help = "Stop a program that runs longer than this."},
    {.name = "stop-timeout", .value = "D", .help = "Between SIGTERM and SIGKILL; 10s if left out."},
    {.name = "times", .value = "N", .help = "End after N runs."},
};

Result<rules::WhenBusy> when_busy_of(const Session& session) {
  const auto word = session.args().get("when-busy");
  const bool restart = session.args().has("restart");
  if (!word) return restart ? rules::WhenBusy::restart : rules::WhenBusy::queue;
  const auto when = rules::when_busy_named(*word);
  if (!when)
    return session.usage("--when-busy: unknown word '" + *word + "'", "one of: queue, latest, drop, restart");
  if (restart && *when != rules::WhenBusy::restart)
    return session.usage("--restart and --when-busy " + *word + " exclude each other");
  return *when;
}

// Those that are durations.
Status read_durations(const Session& session, rules::Policy& policy) {
  const std::pair<std::string_view, std::optional<microseconds>*> maybe[] = {
      {"debounce", &policy.debounce}, {"max-wait", &policy.max_wait}, {"run-timeout", &policy.run_timeout}};
  for (const auto& [name, into] : maybe) {
    const auto value = session.args().duration(name);
    if (!value) return value.error();
    *into = *value;
  }
  const std::pair<std::string_view, microseconds*> always[] = {{"backoff", &policy.backoff},
                                                               {"stop-timeout", &policy.stop_timeout}};
  for (const auto& [name, into] : always) {
    const auto value = session.args().duration(name);
    if (!value) return value.error();
    *into = value->value_or(*into);
  }
  return Ok{};
}

}  // namespace

std::span<const Option> policy_options() {
  return kOptions;
}

Result<rules::Policy> policy_of(const Session& session) {
  rules::Policy policy;
  const auto when = when_busy_of(session);
  if (!when) return when.error();
  policy.when_busy = *when;
  const auto jobs = session.args().integer("jobs", 1, 10'000);
  const auto retries = session.args().integer("retries", 0, 1000);
  const auto times = session.args().integer("times", 1, INT64_MAX);
  if (!jobs) return jobs.error();
  if (!retries) return retries.error();
  if (!times) return times.error();
  policy.jobs = *jobs;
  policy.retries = retries->value_or(0);
  policy.times = *times;
  policy.keyed = session.args().has("key");
  if (Status read = read_durations(session, policy); !read) return std::move(read).error();
  if (const auto text = session.args().get("rate")) {
    const auto rate = rules::parse_rate(*text);
    if (!rate) return session.usage("--rate: " + rate.error().message, rate.error().hint);
    policy.rate = *rate;
  }
  if (Status good = rules::check(policy); !good)
    return session.usage(good.error().message, good.error().hint);
  return policy;
}

Result<rules::Stdin> stdin_of(const Session& session) {
  const std::string word = session.args().get_or("stdin", "null");
  if (word == "null") return rules::Stdin::null;
  if (word == "event") return rules::Stdin::event;
  return session.usage("--stdin: unknown word '" + word + "'", "one of: null, event");
}

}  // namespace bus::cli
