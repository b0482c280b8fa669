// bus rules runs|test|trigger, and explaining a rule.
#include "core/base/text.h"
#include "core/cli/event_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/input.h"
#include "core/cli/named_event.h"
#include "core/cli/rules_ask.h"
#include "core/event/json_form.h"

namespace bus::cli {
namespace {

constexpr Example kRunsExamples[] = {
    {"bus rules runs triage", "Its last runs, the newest first: task, result, how it ended."},
    {"bus rules runs triage --failed", "Those that did not end well."},
    {"bus rules runs --state running", "What runs now, of all rules."},
};
constexpr Positional kRunsName[] = {{.name = "NAME", .help = "The rule; all if left out."}};
constexpr Option kRunsOptions[] = {
    {.name = "state", .value = "STATE", .help = "pending, running or finished."},
    {.name = "result", .value = "RESULT", .help = "success, failure, error, timeout or cancellation."},
    {.name = "failed", .help = "Those that ended with anything but success."},
    {.name = "limit", .value = "N", .help = "At most N; 50 if left out."},
};
constexpr Positional kNameAndEvent[] = {
    {.name = "NAME", .help = "The rule.", .required = true},
    {.name = "EVENT", .help = "A seq, an id, JSON, @file or -; the newest stored event if left out."}};
constexpr Example kTestExamples[] = {
    {"bus rules test triage 1042",
     "Whether it would run for event 1042, why, and what would be run. Runs nothing."},
    {"bus rules test triage '{\"type\": \"note\"}'", "The same for an event given as JSON."},
};
constexpr Positional kNameAndStored[] = {
    {.name = "NAME", .help = "The rule.", .required = true},
    {.name = "EVENT", .help = "A stored event: its seq or its id.", .required = true}};
constexpr Example kTriggerExamples[] = {
    {"bus rules trigger triage 1042", "Runs it for event 1042 now, whatever its predicate and policies say."},
};
constexpr ExitMeaning kTestExits[] = {{kNotOk, "it does not match"},
                                      {kNotFound, "there is no such rule or event"}};
constexpr ExitMeaning kTriggerExits[] = {{kNotFound, "there is no such rule or event"}};

constexpr std::int64_t kMost = 1000;

Result<int> run_runs(Session& session) {
  const auto limit = session.args().integer("limit", 1, kMost);
  if (!limit) return limit.error();
  const bool failed = session.args().has("failed");
  auto asked = session.ask([&] {
    client::Call call("tasks");
    json::Writer& params = call.params();
    params.member("kind", "action").member_if("scope", session.args().positional(0));
    params.member_if("state", session.args().get_or("state", failed ? "finished" : ""));
    params.member_if("result", session.args().get_or("result", ""));
    params.member("limit", failed ? kMost : limit->value_or(50));
    return call;
  });
  if (!asked) return std::move(asked).error();
  json::RawElements texts(json::raw_member(asked->host.raw_result(), "tasks"));
  std::int64_t left = limit->value_or(50);
  for (const json::Node task : asked->result["tasks"].elements()) {
    const std::string_view text = texts.next();
    if (!task["id"].string_or("").starts_with("rule:")) continue;
    if (failed && task["ok"].boolean().value_or(false)) continue;
    if (left-- == 0) break;
    session.out().line(session.json() ? std::string(text) : task_line(task));
  }
  return kGood;
}

void write_test(Session& session, json::Node result) {
  Output& out = session.out();
  const bool matches = result["matches"].boolean().value_or(false);
  out.line(std::string(matches ? "matches: " : "does not match: ") +
           printable(result["explanation"]["why"].string_or("")));
  if (result["key"].exists()) out.line("key: " + indented(result["key"]));
  std::string argv = "runs:";
  for (const json::Node word : result["program"]["argv"].elements())
    argv += " " + printable(word.string_or(""));
  out.line(argv);
  out.line("in: " + printable(result["program"]["cwd"].string_or("")));
  for (const json::Node entry : result["program"]["env"].elements()) {
    const std::string_view text = entry.string_or("");
    if (text.starts_with("BUS_") || text.find("(the secret ") != std::string_view::npos)
      out.line("with: " + printable(text));
  }
}

Result<int> run_test(Session& session) {
  const auto event = named_event(session, session.args().positional(1));
  if (!event) return event.error();
  const std::string text = event::encode(*event).text;
  auto asked = ask_rules(session, "test", session.args().positional(0),
                         [&](json::Writer& params) { params.member("event", text); });
  if (!asked) return std::move(asked).error();
  if (session.json()) {
    session.out().line(asked->host.raw_result());
  } else {
    write_test(session, asked->result);
  }
  return asked->result["matches"].boolean().value_or(false) ? kGood : kNotOk;
}

Result<int> run_trigger(Session& session) {
  auto asked = ask_rules(session, "trigger", session.args().positional(0),
                         [&](json::Writer& params) { params.member("event", session.args().positional(1)); });
  if (!asked) return std::move(asked).error();
  session.out().line(session.json() ? std::string(asked->host.raw_result())
                                    : printable(asked->result["task"].string_or("")));
  return kGood;
}

}  // namespace

Result<int> explain_rule(Session& session, const std::string& rule, const std::string& event) {
  std::string name = event;
  if (name.empty()) {
    const auto newest = named_event(session, {});
    if (!newest) return newest.error();
    name = std::to_string(newest->seq);
  }
  auto asked =
      ask_rules(session, "explain", rule, [&](json::Writer& params) { params.member("event", name); });
  if (!asked) return std::move(asked).error();
  const json::Node result = asked->result;
  if (session.json()) {
    session.out().line(asked->host.raw_result());
  } else {
    session.out().line("event " + std::to_string(result["seq"].integer().value_or(0)) + ", rule " +
                       printable(rule) + ": " + printable(result["text"].string_or("")));
    session.out().line("predicate: " + printable(result["explanation"]["match"].string_or("")) + ", " +
                       printable(result["explanation"]["why"].string_or("")));
  }
  const std::string_view verdict = result["verdict"].string_or("");
  return verdict == "fired" || verdict == "folded" || verdict == "by_hand" ? kGood : kNotOk;
}

extern const Verb kRulesRuns, kRulesTest, kRulesTrigger;
const Verb kRulesRuns = {
    .name = "rules runs",
    .summary = "show the runs of rules",
    .examples = kRunsExamples,
    .positionals = kRunsName,
    .options = kRunsOptions,
    .notes =
        "Lines are as those of `bus tasks`. A run that the host did not see end is an error, "
        "lost. With --json each line is a task (EVENTS.md).",
    .run = run_runs};
const Verb kRulesTest = {.name = "rules test",
                         .summary = "say whether a rule would run for an event, and what; runs nothing",
                         .examples = kTestExamples,
                         .positionals = kNameAndEvent,
                         .exits = kTestExits,
                         .run = run_test};
const Verb kRulesTrigger = {.name = "rules trigger",
                            .summary = "run a rule's program for a stored event now",
                            .examples = kTriggerExamples,
                            .positionals = kNameAndStored,
                            .notes = "Prints the task of the run.",
                            .exits = kTriggerExits,
                            .run = run_trigger};

}  // namespace bus::cli
