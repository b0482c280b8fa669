// bus on: runs a program when something happens.
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/cli/event_program.h"
#include "core/cli/exit_codes.h"
#include "core/cli/expression.h"
#include "core/cli/following.h"
#include "core/cli/on_policy.h"
#include "core/cli/session.h"
#include "core/cli/shorthand.h"
#include "core/client/follower.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus on 'task.kind == \"run\" && task.result == \"failure\"' -- ./triage",
     "Runs ./triage for the first failed CI run and ends as it ends."},
    {"bus on --type deploy --loop -- notify-send 'deployed'",
     "Runs it for every deploy, one after the other, until Ctrl-C."},
    {"bus on 'type == \"fs_change\"' --loop --times 3 --stdin event -- jq -r .summary",
     "Three times, with the event as JSON on stdin."},
};
constexpr Positional kPositionals[] = {
    {.name = "EXPR", .help = "For which events (PREDICATES.md); or say it by filters."}};
constexpr Option kOptions[] = {
    {.name = "loop",
     .help = "Go on after the first match, one run after the other; nothing that comes meanwhile is lost."},
    {.name = "times", .value = "N", .help = "With --loop: end after N runs."},
    {.name = "timeout",
     .value = "D",
     .help = "Give up if nothing matches for so long, with status 124. It never bounds the program."},
    {.name = "since",
     .value = "PLACE",
     .help = "Also what was stored from there on: 10m, an RFC 3339 time, a seq, an event id, @cursor."},
    {.name = "stdin",
     .value = "WHAT",
     .help = "What the program reads: null (nothing) or event (its JSON). null if left out."},
    {.name = "all-reports", .help = "Also reports that told nothing new of their task (repeats, late ones)."},
};
constexpr ExitMeaning kExits[] = {
    {kGood, "the program ended with 0 (with --loop: its last run)"},
    {kTimedOut, "nothing matched within --timeout"},
    {kCannotExecute, "the program cannot be executed"},
    {kNoSuchCommand, "there is no such program"},
};

struct Job {
  EventProgram program;
  client::Subscribe subscribe;
  OnSettings settings;
};

Result<OnSettings> settings_of(const Session& session) {
  OnSettings settings;
  settings.loop = session.args().has("loop");
  const auto times = session.args().integer("times", 1, INT64_MAX);
  if (!times) return times.error();
  if (*times && !settings.loop) return session.usage("--times goes with --loop");
  settings.times = *times;
  const auto timeout = session.args().duration("timeout");
  if (!timeout) return timeout.error();
  settings.timeout = *timeout;
  return settings;
}

Result<client::Subscribe> subscription_of(const Session& session) {
  client::Subscribe subscribe;
  auto where = filter_expression(session.args(), session.args().positional(0));
  if (!where) return std::move(where).error();
  if (where->empty())
    return session.usage("EXPR is missing", "as in: bus on 'type == \"deploy\"' -- ./program");
  if (const auto compiled = compile_expression(*where); !compiled) return compiled.error();
  subscribe.where = std::move(*where);
  subscribe.since = session.args().get_or("since", "now");
  subscribe.new_only = !session.args().has("all-reports");
  return subscribe;
}

// Waits for a match, a signal or the deadline. A matched item, or nullopt and the policy knows why.
Result<std::optional<client::Item>> next_match(const Session& session, client::Follower& follower,
                                               const Signals& signals, OnPolicy& policy) {
  while (policy.wants_more()) {
    if (const int signal = signals.next(); signal != 0) {
      policy.interrupted(signal);
      break;
    }
    const auto deadline = policy.deadline();
    const Mono now = system_clock().monotonic();
    if (!follower.has_item()) {
      std::array<pollfd, 2> ready = {pollfd{signals.fd(), POLLIN, 0}, pollfd{follower.fd(), POLLIN, 0}};
      int wait = -1;
      if (deadline) {
        const auto left = std::chrono::ceil<milliseconds>(*deadline - now).count();
        wait = static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
      }
      if (follower.fd() < 0) wait = 0;  // the host is away: next() tries to get it back
      if (::poll(ready.data(), ready.size(), wait) < 0 && errno != EINTR) return system_error("poll", errno);
      if (ready[0].revents != 0) continue;
    }
    if (deadline && now >= *deadline) {
      policy.timed_out();
      break;
    }
    const auto item = follower.next(now + (follower.fd() < 0 ? milliseconds(500) : milliseconds(0)));
    if (!item && item.error().code == Code::stopping) continue;
    if (!item) return item.error();
    if (!*item) continue;
    if ((*item)->kind == client::Item::Kind::event) return *item;
    tell_of(session, **item);
  }
  return std::optional<client::Item>();
}

Result<int> react(Session& session, const config::Paths& paths, const Job& job) {
  auto follower = client::Follower::open(paths, session.connect_options(), job.subscribe);
  if (!follower) return std::move(follower).error();
  const auto signals = Signals::take();
  if (!signals) return signals.error();
  OnPolicy policy(job.settings, system_clock().monotonic());
  while (policy.wants_more()) {
    const auto item = next_match(session, *follower, *signals, policy);
    if (!item) return item.error();
    if (!*item) break;
    const auto status = run_for_event(process::system_spawner(), job.program, (*item)->node, (*item)->text,
                                      *signals, [&](int signal) { policy.interrupted(signal); });
    if (!status) return status.error();
    policy.ran(*status, system_clock().monotonic());
  }
  if (policy.status() == kTimedOut)
    session.remark("bus: nothing matched within " + session.args().get_or("timeout", ""));
  return policy.status();
}

Result<int> run(Session& session) {
  if (session.args().rest().empty()) {
    return session.usage("the program is missing", "put it behind --, as in: bus on EXPR -- ./program");
  }
  const auto paths = session.paths();
  if (!paths) return paths.error();
  auto settings = settings_of(session);
  if (!settings) return std::move(settings).error();
  auto subscribe = subscription_of(session);
  if (!subscribe) return std::move(subscribe).error();
  auto program = program_of(session, *paths);
  if (!program) {
    if (program.error().code == Code::invalid) return std::move(program).error();
    tell(program.error());
    return process::shell_status(program.error());
  }
  return react(session, *paths, {std::move(*program), std::move(*subscribe), *settings});
}

}  // namespace

extern const Verb kOn;
const Verb kOn = {
    .name = "on",
    .summary = "run a program when something happens",
    .examples = kExamples,
    .positionals = kPositionals,
    .options = kOptions,
    .filters = filter_options(),
    .rest = "PROGRAM [ARG]...",
    .notes =
        "The program is run as it stands, without a shell; nothing of the event is put among its arguments. "
        "It finds "
        "the whole event as JSON in the file BUS_EVENT_FILE (removed afterwards) and the main fields in "
        "BUS_EVENT_ID, _SEQ, _SOURCE, _TYPE, _SCOPE, _SUBJECT and BUS_TASK_ID, _STATE, _RESULT, _SHA, _URL, "
        "each if set.\n"
        "Ctrl-C is passed on to the program; a second one kills it. Any other status is the program's own; "
        "128+n if "
        "signal n ended it.",
    .exits = kExits,
    .run = run,
};

}  // namespace bus::cli
