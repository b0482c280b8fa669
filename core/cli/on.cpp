// bus on: runs a program when something happens.
#include <utility>

#include "core/cli/exit_codes.h"
#include "core/cli/on_loop.h"
#include "core/cli/on_wish.h"
#include "core/cli/policy_options.h"
#include "core/cli/session.h"
#include "core/cli/shorthand.h"
#include "core/client/follower.h"
#include "core/process/descendants.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus on 'task.kind == \"run\" && task.result == \"failure\"' -- ./triage",
     "Runs ./triage for the first failed CI run and ends as it ends."},
    {"bus on --type deploy --loop -- notify-send 'deployed'",
     "Runs it for every deploy, one after the other, until Ctrl-C."},
    {"bus on 'type == \"fs_change\"' --loop --times 3 --stdin event -- jq -r .summary",
     "Three times, with the event as JSON on stdin."},
    {"bus on 'type == \"fs_change\"' --restart -- ./server",
     "Stops what runs, then runs it anew, for each change."},
    {"bus on --type page --loop --when-busy latest -- ./render",
     "One more run for all that came while it ran; --when-busy drop: none for those."},
    {"bus on --type build --loop --jobs 4 --key scope --prefix -- ./build",
     "Up to four at a time, never two for one scope; each line of output says for which."},
    {"bus on --source fs --loop --debounce 500ms --max-wait 5s -- ./sync",
     "Once it has been quiet; the file BUS_EVENTS_FILE has all events since the last run."},
    {"bus on --type alert --loop --rate 5/1h --when-busy drop -- ./page-me",
     "At most five times in any hour; what is more is not run for."},
    {"bus on --type upload --loop --retries 3 --backoff 2s --run-timeout 1m -- ./push",
     "Tries again after 2s, 4s and 8s; a try that takes more than a minute is stopped."},
    {"bus on --type invoice --loop --cursor invoices --since start -- ./book",
     "Goes on where it was, however it ended: an event is done when its run has ended."},
    {"bus on --type deploy --loop --since 1d --timeout 1s --rate 2/1h --dry-run -- ./deploy",
     "What it would have run for the last day's events, and why not; starts nothing."},
};
constexpr Positional kPositionals[] = {
    {.name = "EXPR", .help = "For which events (PREDICATES.md); or say it by filters."}};
constexpr Option kOptions[] = {
    {.name = "loop",
     .help = "Go on after the first match, until Ctrl-C; nothing that comes meanwhile is lost."},
    {.name = "timeout",
     .value = "D",
     .help = "Give up if nothing matches for so long, with status 124. It never bounds the program."},
    {.name = "since",
     .value = "PLACE",
     .help = "Also what was stored from there on: 10m, an RFC 3339 time, a seq, an event id, @cursor."},
    {.name = "cursor",
     .value = "NAME",
     .help = "Go on where the last one of that name was done, also after a crash: an event is done when its "
             "run has "
             "ended. --since counts only for a new NAME."},
    {.name = "stdin",
     .value = "WHAT",
     .help = "What the program reads: null (nothing) or event (its JSON). null if left out."},
    {.name = "prefix", .help = "Put [SEQ], or with --key [KEY], before each line that programs write."},
    {.name = "dry-run",
     .help = "Tell what would be run for each match, and what the policies decide; start nothing."},
    {.name = "all-reports", .help = "Also reports that told nothing new of their task (repeats, late ones)."},
};
constexpr ExitMeaning kExits[] = {
    {kGood, "the program ended with 0 (with --loop: its last run)"},
    {kTimedOut, "nothing matched within --timeout, or the program was stopped by --run-timeout"},
    {kCannotExecute, "the program cannot be executed"},
    {kNoSuchCommand, "there is no such program"},
};

// The log, as `bus on` follows it.
class LogFeed final : public OnFeed {
 public:
  static Result<LogFeed> open(const Session& session, const config::Paths& paths, const OnWish& wish) {
    auto follower = client::Follower::open(paths, session.connect_options(), wish.subscribe);
    // A rehearsal leaves the cursor as it is: it only reads from there, if it is there.
    if (!follower && follower.error().code == Code::not_found && wish.fresh_since) {
      client::Subscribe fresh = wish.subscribe;
      fresh.since = *wish.fresh_since;
      follower = client::Follower::open(paths, session.connect_options(), std::move(fresh));
    }
    if (!follower) return std::move(follower).error();
    return LogFeed(session, std::move(*follower), !wish.subscribe.cursor.empty());
  }

  Result<std::optional<client::Item>> next() override {
    auto item = follower_.next(system_clock().monotonic());
    const auto refused = follower_.notes().take_refusal();
    if (refused && !std::exchange(refusal_told_, true))
      session_.remark("bus: the host does not store the runs as tasks: " + refused->message);
    return item;
  }
  int fd() const override { return follower_.fd(); }
  bool has_item() const override { return follower_.has_item(); }
  Status done(std::uint64_t seq) override { return remembers_ ? follower_.ack(seq) : Status(Ok{}); }
  std::size_t untold() const override { return follower_.notes().unanswered(); }

  OnTasks::Say say() {
    return [this](std::uint64_t topic, client::Notes::Lasts lasts, client::Notes::Make make) {
      follower_.say(topic, lasts, std::move(make));
    };
  }

 private:
  LogFeed(const Session& session, client::Follower follower, bool remembers)
      : session_(session), follower_(std::move(follower)), remembers_(remembers) {}
  const Session& session_;
  client::Follower follower_;
  bool remembers_;
  bool refusal_told_ = false;
};

Result<int> run(Session& session) {
  if (session.args().rest().empty()) {
    return session.usage("the program is missing", "put it behind --, as in: bus on EXPR -- ./program");
  }
  const auto paths = session.paths();
  if (!paths) return paths.error();
  auto wish = on_wish(session);
  if (!wish) return std::move(wish).error();
  auto program = event_command(session, *paths);
  if (!program) return told_as_status(program.error());
  wish->plan.command = std::move(*program);
  wish->plan.command.gathers = wish->plan.policy.gathers();
  // Whatever the programs leave behind is ours, so that none gets away from a stop.
  if (Status adopting = process::become_subreaper(); !adopting) return std::move(adopting).error();
  auto feed = LogFeed::open(session, *paths, *wish);
  if (!feed) return std::move(feed).error();
  const auto signals = Signals::take();
  if (!signals) return signals.error();
  OnTasks tasks(session.args().rest().front(), wish->subscribe.cursor, feed->say());
  return run_for_events(session, *feed, wish->plan, *signals,
                        "nothing matched within " + session.args().get_or("timeout", ""), &tasks);
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
    .policies = policy_options(),
    .rest = "PROGRAM [ARG]...",
    .notes =
        "The program is run as it stands, without a shell; nothing of the event is put among its arguments. "
        "It finds "
        "the whole event as JSON in the file BUS_EVENT_FILE (removed afterwards) and the main fields in "
        "BUS_EVENT_ID, _SEQ, _SOURCE, _TYPE, _SCOPE, _SUBJECT and BUS_TASK_ID, _STATE, _RESULT, _SHA, _URL, "
        "each if set. Each run is a task, BUS_RUN_ID, which others can wait for; TRACEPARENT ties what it "
        "causes "
        "to it, and BUS_RUN_ATTEMPT counts the tries. Where a run may "
        "stand for several events "
        "(--debounce, "
        "--when-busy latest, --restart) BUS_EVENT_FILE has the last, and BUS_EVENTS_FILE all of them, one a "
        "line.\n"
        "--times, --when-busy, --jobs, --key and --rate go with --loop; --restart implies it. A queue has "
        "room for 1,000 "
        "runs; then the host keeps what comes.\n"
        "Ctrl-C is passed on to the programs, and nothing more is started; a second one kills them, with all "
        "that they "
        "started. What is left when a program has ended by it has --stop-timeout. Any other status is the "
        "program's own; "
        "128+n if signal n ended it.",
    .exits = kExits,
    .run = run,
};

}  // namespace bus::cli
