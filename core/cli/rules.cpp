// bus rules list|show|enable|disable|remove: the rules that the host runs.
#include "core/base/text.h"
#include "core/cli/event_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/rules_ask.h"

namespace bus::cli {
namespace {

constexpr Positional kName[] = {{.name = "NAME", .help = "The rule.", .required = true}};
constexpr Example kListExamples[] = {
    {"bus rules list", "Each rule, what it does and how its last run ended."},
    {"bus rules list --json", "The same, one object a line."}};
constexpr Example kShowExamples[] = {{"bus rules show triage", "All about one rule."}};
constexpr Example kEnableExamples[] = {
    {"bus rules enable triage", "It runs again, for what comes from now on."}};
constexpr Example kDisableExamples[] = {
    {"bus rules disable triage",
     "It runs for nothing more; what runs is not stopped, what waits is cancelled."}};
constexpr Example kRemoveExamples[] = {
    {"bus rules remove triage", "It is gone; what runs of it is stopped."}};
constexpr ExitMeaning kExits[] = {{kNotFound, "there is no rule of that name"}};
constexpr ExitMeaning kListExits[] = {{kNotOk, "a rule cannot be used as it stands"}};

std::string last_run(json::Node last) {
  if (!last.exists()) return "never ran";
  std::string text = "last: " + printable(last["result"].exists() ? last["result"].string_or("")
                                                                  : last["state"].string_or(""));
  if (const std::string_view detail = last["detail"].string_or(""); !detail.empty())
    text += " (" + printable(detail) + ")";
  const std::string_view when = last[last["ended"].exists() ? "ended" : "started"].string_or("");
  return when.empty() ? text : text + " " + printable(when.substr(0, 19)) + "Z";
}

Result<int> run_list(Session& session) {
  auto asked = ask_rules(session, "list", {});
  if (!asked) return std::move(asked).error();
  json::RawElements texts(json::raw_member(asked->host.raw_result(), "rules"));
  bool good = true;
  for (const json::Node rule : asked->result["rules"].elements()) {
    const std::string_view text = texts.next();
    const std::string_view state = rule["state"].string_or("");
    good = good && state != "invalid" && state != "failed" && state != "outdated";
    session.out().line(session.json() ? std::string(text) : rule_line(rule));
  }
  if (asked->result["rules"].size() == 0)
    session.remark("bus: no rules; as a first one: bus rules add NAME 'type == \"deploy\"' -- ./program");
  return good ? kGood : kNotOk;
}

Result<int> run_show(Session& session) {
  auto asked = ask_rules(session, "show", session.args().positional(0));
  if (!asked) return std::move(asked).error();
  if (session.json()) {
    session.out().line(asked->host.raw_result());
  } else {
    session.out().write(indented(asked->result) + "\n");
  }
  return kGood;
}

Result<int> change(Session& session, std::string_view what, const std::string& done) {
  const std::string name = session.args().positional(0);
  auto asked = ask_rules(session, what, name);
  if (!asked) return std::move(asked).error();
  if (session.json()) session.out().line(asked->host.raw_result());
  session.remark("bus: rule '" + printable(name) + "' is " + done);
  return kGood;
}

Result<int> run_enable(Session& session) {
  return change(session, "enable", "enabled");
}

Result<int> run_disable(Session& session) {
  return change(session, "disable", "disabled");
}

Result<int> run_remove(Session& session) {
  return change(session, "remove", "removed");
}

}  // namespace

std::string rule_line(json::Node rule) {
  std::string line = printable(rule["name"].string_or("")) + "  " + printable(rule["state"].string_or(""));
  if (const std::string_view why = rule["why"].string_or(""); !why.empty()) line += ": " + printable(why);
  if (const auto begun = rule["begun"].integer()) {
    line += "  " + std::to_string(*begun) + (*begun == 1 ? " run" : " runs");
    if (const auto running = rule["running"].integer(); running && *running != 0)
      line += ", " + std::to_string(*running) + " running";
    if (const auto waiting = rule["waiting"].integer(); waiting && *waiting != 0)
      line += ", " + std::to_string(*waiting) + " waiting";
  }
  return line + "  " + last_run(rule["last"]);
}

Result<Session::Asked> ask_rules(const Session& session, std::string_view what, const std::string& name,
                                 const std::function<void(json::Writer&)>& more) {
  return session.ask([&] {
    client::Call call("rules");
    call.params().member("do", what).member_if("name", name);
    if (more) more(call.params());
    return call;
  });
}

extern const Verb kRulesList, kRulesShow, kRulesEnable, kRulesDisable, kRulesRemove;
const Verb kRulesList = {
    .name = "rules list",
    .summary = "show the rules that the host runs",
    .examples = kListExamples,
    .notes =
        "With --json each line is {\"name\", \"state\", \"enabled\", \"file\", \"on\", "
        "\"begun\", \"running\", \"waiting\", \"last\"}; state is active, disabled, done, "
        "waiting, outdated, invalid or failed, with why where there is something to say.",
    .exits = kListExits,
    .run = run_list};
const Verb kRulesShow = {.name = "rules show",
                         .summary = "show one rule with its settings",
                         .examples = kShowExamples,
                         .positionals = kName,
                         .exits = kExits,
                         .run = run_show};
const Verb kRulesEnable = {.name = "rules enable",
                           .summary = "let a rule run again",
                           .examples = kEnableExamples,
                           .positionals = kName,
                           .exits = kExits,
                           .run = run_enable};
const Verb kRulesDisable = {.name = "rules disable",
                            .summary = "keep a rule, and do not run it",
                            .examples = kDisableExamples,
                            .positionals = kName,
                            .exits = kExits,
                            .run = run_disable};
const Verb kRulesRemove = {.name = "rules remove",
                           .summary = "remove a rule",
                           .examples = kRemoveExamples,
                           .positionals = kName,
                           .exits = kExits,
                           .run = run_remove};

}  // namespace bus::cli
