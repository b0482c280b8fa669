// bus wait: blocks until something has happened, and ends as it did.
#include "core/cli/wait_tasks.h"
#include "core/cli/wait_test.h"
#include "core/cli/wait_watch.h"

#include "core/cli/exit_codes.h"
#include "core/cli/shorthand.h"
#include "core/cli/wait_spec.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus wait 'task.kind == \"run\" && task.state == \"finished\"' --timeout 30m",
     "Waits for a CI run to end: status 0 if it went well, 1 if not, 124 after half an hour."},
    {"bus wait --sha $(git rev-parse HEAD) --state finished --since 5m",
     "The same for this commit, also if it was over just now."},
    {"git push && bus wait ci --timeout 30m",
     "For all checks of the commit one stands on: see bus help wait ci."},
    {"bus wait task github:octo/hello/run/98",
     "Waits for one task; answers at once if it is finished already."},
    {"bus wait task release/7 --settle 30s",
     "Waits for a group: the tasks whose parent it is. Status 0 only if there are some and all are ok."},
    {"bus wait test --since 1m --timeout 10m",
     "Waits for a session of tests to end, also one that ended in the last minute; prints what failed."},
    {"bus wait --all-of 'type == \"built\"' --all-of 'type == \"tested\"'", "Both, in any order."},
    {"bus wait --sequence 'type == \"down\"' 'type == \"up\"' --within 10m",
     "One after the other, within ten minutes."},
    {"bus wait --absent 'type == \"heartbeat\"' --for 5m",
     "The dead man's switch: returns when the heartbeat has been missing for 5 minutes."},
};
constexpr Positional kPositionals[] = {
    {.name = "EXPR",
     .help = "The expression to wait for (PREDICATES.md); or `task` and the ids of tasks; or `test`; or `ci` "
             "(bus help wait ci).",
     .repeatable = true}};
constexpr ExitMeaning kExits[] = {
    {kGood, "it happened; where it reports on a task, the task is ok or still runs"},
    {kNotOk, "it happened, and the task is not ok"},
    {kUnknown,
     "nobody can say: the task's state is unknown, a source that is needed is degraded or not loaded, or the "
     "host was "
     "away; the reason is told"},
    {kTimedOut, "it did not happen within --timeout; what is outstanding is told on stderr"},
};

Result<int> explain(Session& session, const WaitPlan& plan) {
  session.out().line(plan.where());
  if (plan.spec().what == WaitFor::match || plan.spec().what == WaitFor::absence) return kGood;
  for (const std::string& clause : plan.spec().clauses) session.out().line("  " + clause);
  return kGood;
}

Result<int> run(Session& session) {
  if (session.args().positional(0) == "task" && session.args().positionals().size() > 1)
    return wait_for_tasks(session);
  if (session.args().positional(0) == "test" && session.args().positionals().size() == 1)
    return wait_for_tests(session);
  auto spec = wait_spec(session.args());
  if (!spec) return std::move(spec).error();
  auto plan = WaitPlan::make(std::move(*spec));
  if (!plan) return std::move(plan).error();
  if (session.args().has("explain")) return explain(session, *plan);
  return wait_for_events(session, *plan);
}

}  // namespace

extern const Verb kWait;
const Verb kWait = {
    .name = "wait",
    .summary = "wait until something happens",
    .examples = kExamples,
    .positionals = kPositionals,
    .options = wait_options(),
    .filters = filter_options(),
    .notes =
        "Prints each event that made the answer as one line of JSON. Reacts to reports that moved their "
        "task, and "
        "to events without one; --all-reports takes repeats and late reports, too. "
        "Watching has begun when the host has confirmed it; --since looks back before that moment. "
        "An absence is printed as {\"absent\", \"for\", \"since\"}.\n"
        "A task is a group if its kind is group, if only tasks that name it as parent have reported, or with "
        "--settle. "
        "It is over when it has members, all of them are finished and nothing new came for the time of "
        "--settle; without "
        "members it is unknown (3), never ok. Its members are printed at the end, with --json a task a line "
        "and then "
        "{\"group\", \"state\", \"ok\", \"members\"}.\n"
        "When the time is up, the sources that the expression names (source == ...; in the id of a task what "
        "stands "
        "before the colon) are looked at: if one is degraded, failed or not loaded, the status is 3. Where "
        "it names none, "
        "that holds if no source in use works.",
    .exits = kExits,
    .run = run,
};

}  // namespace bus::cli
