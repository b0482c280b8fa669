// bus rules add: a rule for the host, from the same words as `bus on`.
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/expression.h"
#include "core/cli/on_wish.h"
#include "core/cli/policy_options.h"
#include "core/cli/rules_ask.h"
#include "core/cli/shorthand.h"
#include "core/rules/rule.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus rules add triage 'task.kind == \"run\" && task.result == \"failure\"' -- ./triage",
     "Runs ./triage for every failed CI run from now on, also after a restart."},
    {"bus rules add deploy --type deploy --key scope --when-busy latest -- ./deploy",
     "One deployment at a time for each scope; of those that wait only the newest is run."},
    {"bus rules add tidy 'source == \"fs\"' --debounce 2s --max-wait 30s -- make -C /src tidy",
     "When files have been quiet for two seconds."},
    {"bus rules add page 'task.result == \"failure\"' --retries 3 --rate 5/1h --secret-env TOKEN=pager -- "
     "./page",
     "With a secret in its environment; at most five times an hour."},
};
constexpr Positional kPositionals[] = {
    {.name = "NAME", .help = "What it is called: a-z, 0-9, _ and -.", .required = true},
    {.name = "EXPR", .help = "For which events (PREDICATES.md); or say it by filters."}};
constexpr Option kOptions[] = {
    {.name = "since",
     .value = "PLACE",
     .help = "Also what was stored from there on: 10m, an RFC 3339 time, a seq, an event id, start."},
    {.name = "all-reports", .help = "Also reports that told nothing new of their task (repeats, late ones)."},
    {.name = "stdin",
     .value = "WHAT",
     .help = "What the program reads: null (nothing) or event (its JSON). null if left out."},
    {.name = "cwd", .value = "DIR", .help = "Where the program runs; this folder if left out."},
    {.name = "env", .value = "NAME=VALUE", .help = "A variable for the program.", .many = Many::again},
    {.name = "pass-env",
     .value = "NAME",
     .help = "A variable that it is given from the host's environment, besides PATH, HOME and the like.",
     .many = Many::again},
    {.name = "secret-env",
     .value = "NAME=SECRET",
     .help = "A variable that it is given the value of a secret in (bus secret set SECRET).",
     .many = Many::again},
    {.name = "umask", .value = "MODE", .help = "The program's umask, as in 077."},
    {.name = "limit",
     .value = "NAME=N",
     .help = "A resource limit: as core cpu data fsize memlock nofile nproc stack, as in as=2GiB.",
     .many = Many::again},
    {.name = "disabled", .help = "Add it, and do not run it yet."},
    {.name = "replace", .help = "In the place of the rule of that name, if there is one."},
};
constexpr ExitMeaning kExits[] = {
    {kTryAgain, "there is a rule of that name, and --replace was not given"},
    {kCannotExecute, "the program cannot be executed"},
    {kNoSuchCommand, "there is no such program"},
};

Result<std::string> folder_of(const Session& session) {
  std::array<char, PATH_MAX> path{};
  const std::string given = session.args().get_or("cwd", ".");
  if (::realpath(given.c_str(), path.data()) == nullptr)
    return system_error("--cwd " + printable(given), errno);
  return std::string(path.data());
}

// What the user said, as a rule; the host checks it.
Result<rules::Rule> rule_of(const Session& session) {
  rules::Rule rule;
  rule.name = session.args().positional(0);
  auto on = filter_expression(session.args(), session.args().positional(1));
  if (!on) return std::move(on).error();
  if (on->empty())
    return session.usage("EXPR is missing", "as in: bus rules add deploys 'type == \"deploy\"' -- ./program");
  if (const auto compiled = compile_expression(*on); !compiled) return compiled.error();
  rule.on = std::move(*on);
  rule.key = session.args().get_or("key", "");
  if (!rule.key.empty()) {
    if (const auto compiled = compile_expression(rule.key); !compiled) return compiled.error();
  }
  const auto policy = policy_of(session);
  if (!policy) return policy.error();
  rule.policy = *policy;
  const auto in = stdin_of(session);
  if (!in) return in.error();
  rule.in = *in;
  rule.all_reports = session.args().has("all-reports");
  rule.enabled = !session.args().has("disabled");
  rule.env = session.args().all("env");
  rule.pass_env = session.args().all("pass-env");
  rule.limit_words = session.args().all("limit");
  for (const std::string& word : session.args().all("secret-env")) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) return session.usage("--secret-env must be NAME=SECRET");
    rule.secret_env.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  if (const auto mask = session.args().get("umask")) {
    char* end = nullptr;
    const unsigned long value = std::strtoul(mask->c_str(), &end, 8);
    if (mask->empty() || *end != '\0' || value > 0777)
      return session.usage("--umask must be octal, as in 077");
    rule.umask = static_cast<mode_t>(value);
  }
  auto folder = folder_of(session);
  if (!folder) return std::move(folder).error();
  rule.cwd = std::move(*folder);
  return rule;
}

Result<int> run(Session& session) {
  if (session.args().rest().empty())
    return session.usage("the program is missing",
                         "put it behind --, as in: bus rules add NAME EXPR -- ./program");
  auto rule = rule_of(session);
  if (!rule) return std::move(rule).error();
  rule->run = session.args().rest();
  const char* search = std::getenv("PATH");
  auto path = process::resolve(rule->run.front(), search == nullptr ? "" : search);
  if (!path) return told_as_status(path.error());
  rule->run.front() = std::move(*path);
  const std::string toml = rules::to_toml(*rule);
  auto asked = ask_rules(session, "add", rule->name, [&](json::Writer& params) {
    params.member("toml", toml).member_if("since", session.args().get_or("since", ""));
    params.member("replace", session.args().has("replace"));
  });
  if (!asked) return std::move(asked).error();
  session.out().line(session.json() ? std::string(asked->host.raw_result()) : rule_line(asked->result));
  session.remark("bus: it stands in " + printable(asked->result["file"].string_or("")) +
                 ", and does not run for the events of its own runs");
  return kGood;
}

}  // namespace

extern const Verb kRulesAdd;
const Verb kRulesAdd = {.name = "rules add",
                        .summary = "add a rule: run a program in the host when something happens",
                        .examples = kExamples,
                        .positionals = kPositionals,
                        .options = kOptions,
                        .filters = filter_options(),
                        .policies = policy_options(),
                        .rest = "PROGRAM [ARG]...",
                        .notes =
                            "The host runs the program as it stands, without a shell, with nothing of the "
                            "event among its arguments; "
                            "what it finds of the event is what `bus on --help` says, and BUS_RULE, "
                            "BUS_RUN_ID, BUS_RUN_ATTEMPT and "
                            "TRACEPARENT. What happens while the host is down fires when it is back. Each "
                            "run is a task: bus tasks "
                            "--kind action, bus rules runs, bus rules logs.",
                        .exits = kExits,
                        .run = run};

}  // namespace bus::cli
