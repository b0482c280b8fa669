// bus explain: why an expression does or does not match an event.
#include "core/predicate/explain.h"

#include <algorithm>

#include "core/cli/exit_codes.h"
#include "core/cli/expression.h"
#include "core/cli/named_event.h"
#include "core/cli/rules_ask.h"
#include "core/cli/session.h"
#include "core/cli/shorthand.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus explain 'task.result == \"failure\" && scope == \"octo/hello\"' 1042",
     "The value of each part for event 1042, and which part decided."},
    {"bus explain 'data.action == \"opened\"'", "The same for the newest event."},
    {"bus explain triage 1042", "Why the rule triage did or did not run for event 1042."},
    {"bus explain 'type == \"note\"' '{\"type\": \"note\"}'",
     "The same for an event given as JSON; also @file or -."},
};
constexpr Positional kPositionals[] = {
    {.name = "EXPR", .help = "The expression, or the name of a rule.", .required = true},
    {.name = "EVENT", .help = "A seq, an id, JSON, @file or -; the newest stored event if left out."}};
constexpr ExitMeaning kExits[] = {{kNotOk, "it does not match; the rule did not run for it"}};

// A name that no expression can be: a variable alone is none that matches.
bool may_be_rule(std::string_view text) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= 64 && text[0] >= 'a' && text[0] <= 'z' &&
         std::all_of(text.begin(), text.end(), is_part);
}

Result<int> run(Session& session) {
  const std::string given = session.args().positional(0);
  if (may_be_rule(given)) {
    auto told = explain_rule(session, given, session.args().positional(1));
    if (told || told.error().code != Code::not_found) return told;
  }
  const auto predicate = compile_expression(given);
  if (!predicate) return predicate.error();
  const auto event = named_event(session, session.args().positional(1));
  if (!event) return event.error();
  predicate::EventView view(*event);
  const predicate::Explanation explanation = predicate::explain(*predicate, view);
  if (session.json()) {
    session.out().line(predicate::to_json(explanation));
  } else {
    session.out().write(predicate::to_text(explanation));
  }
  return explanation.match == predicate::Match::yes ? kGood : kNotOk;
}

}  // namespace

extern const Verb kExplain;
const Verb kExplain = {
    .name = "explain",
    .summary = "say why an expression matches an event or not",
    .examples = kExamples,
    .positionals = kPositionals,
    .notes =
        "With --json one object: match (yes, no, error), why, and root, the tree of parts.\n"
        "For a rule: what became of the event (fired, folded into another run, dropped, …), why, the run and "
        "how it "
        "went; with --json {\"rule\", \"seq\", \"verdict\", \"text\", \"at\", \"why\", \"until\", \"run\", "
        "\"explanation\"}.",
    .exits = kExits,
    .run = run};

}  // namespace bus::cli
