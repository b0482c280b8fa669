// bus emit: one event, or many.
#include "core/cli/emit_bulk.h"
#include "core/cli/emit_event.h"
#include "core/cli/emit_report.h"
#include "core/cli/exit_codes.h"
#include "core/cli/input.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr std::size_t kMaxEvent = 16u << 20;

constexpr Example kExamples[] = {
    {"bus emit --type deploy --scope octo/hello --summary 'v1.2 is live'",
     "Stores one event and prints its id and seq."},
    {"bus emit --type build --task id=build/7 state=finished result=success",
     "Reports on a task; `bus wait task build/7` wakes."},
    {"bus emit '{\"type\": \"note\", \"data\": {\"answer\": 42}}'",
     "The event as JSON; also @file, or - for stdin."},
    {"bus emit --bulk < events.ndjson", "Many events, one JSON object a line."},
    {"bus emit --junit build/junit.xml",
     "A session of tests and each of its tests, from any runner's JUnit XML."},
};
constexpr Positional kPositionals[] = {
    {.name = "EVENT",
     .help =
         "The event as JSON: inline, @file, or - for stdin. With --bulk: @file or -, stdin if left out."}};
constexpr Option kOptions[] = {
    {.name = "type", .value = "TYPE", .help = "What kind of occurrence it is, as in deploy."},
    {.name = "source",
     .value = "NAME",
     .help = "Who says so; cli if left out. The name of a loaded source is refused."},
    {.name = "scope", .value = "SCOPE", .help = "Where it belongs: a repository, a project, a host."},
    {.name = "subject", .value = "TEXT", .help = "What it is about."},
    {.name = "summary", .value = "TEXT", .help = "One line for people; made from the rest if left out."},
    {.name = "key",
     .value = "KEY",
     .help = "The occurrence's own identity: the same source and key again is a duplicate."},
    {.name = "time", .value = "TIME", .help = "When it happened, RFC 3339; now if left out."},
    {.name = "task",
     .value = "FIELD=VALUE",
     .help = "The task it reports on: a JSON object, or fields such as id, kind, state, result, sha.",
     .many = Many::list},
    {.name = "data", .value = "JSON", .help = "The details: inline JSON, @file, or - for stdin."},
    {.name = "junit",
     .value = "FILE",
     .help = "A file of JUnit XML, or - for stdin: its tests as tasks. Takes --scope and --durable."},
    {.name = "reportlog", .value = "FILE", .help = "The same for a report log of pytest (JSON lines)."},
    {.name = "durable", .help = "Answer only when it is safe against power loss."},
    {.name = "bulk",
     .help = "Read many events, one a line; refused lines are told with their number, the rest is stored."},
};
constexpr ExitMeaning kExits[] = {
    {kGood, "stored (also when it is a duplicate of a stored one)"},
    {kUsage,
     "usage, or an event that was refused; with --bulk: at least one was, the others are stored; with a file "
     "of "
     "reports: it is broken, what was complete is stored"},
};

bool has_event_options(const Arguments& args) {
  for (const std::string_view name :
       {"type", "source", "scope", "subject", "summary", "key", "time", "task", "data"}) {
    if (args.has(name)) return true;
  }
  return false;
}

Result<std::string> event_text(const Session& session) {
  if (session.args().positionals().empty()) {
    if (!session.args().has("type")) {
      return session.usage("an event needs a --type", "as in: bus emit --type note --summary 'hello'");
    }
    return event_of_options(session.args());
  }
  if (has_event_options(session.args())) {
    return session.usage("give the event as JSON or by options, not both");
  }
  auto text = read_argument(session.args().positional(0), kMaxEvent);
  if (!text) return text;
  return event_of_json(*text);
}

Result<int> run(Session& session) {
  if (emits_report(session.args())) return emit_report(session);
  if (session.args().has("bulk")) {
    if (has_event_options(session.args()))
      return session.usage("--bulk reads whole events; it takes no options for one");
    return emit_bulk(session);
  }
  const auto text = event_text(session);
  if (!text) return text.error();
  const auto asked = session.ask([&] {
    client::Call call("emit");
    if (session.args().has("durable")) call.params().member("durable", true);
    call.params().key("event").raw(*text);
    return call;
  });
  if (!asked) return asked.error();
  write_receipt(session, asked->result, asked->host.raw_result());
  if (asked->result["duplicate"].boolean().value_or(false))
    session.remark("bus: a duplicate of an event that is stored already");
  return kGood;
}

}  // namespace

extern const Verb kEmit;
const Verb kEmit = {
    .name = "emit",
    .summary = "store an event",
    .examples = kExamples,
    .positionals = kPositionals,
    .options = kOptions,
    .notes =
        "Prints `ID SEQ` for each stored event; with --json the receipt: id, seq, duplicate and, for a task, "
        "effect.",
    .exits = kExits,
    .run = run,
};

}  // namespace bus::cli
