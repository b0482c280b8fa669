// bus expr: what an expression computes.
#include "core/cli/exit_codes.h"
#include "core/cli/expression.h"
#include "core/cli/input.h"
#include "core/cli/named_event.h"
#include "core/cli/session.h"
#include "core/predicate/batch.h"
#include "core/predicate/predicate.h"

namespace bus::cli {
namespace {

constexpr std::size_t kMaxLine = 16u << 20;

constexpr Example kExamples[] = {
    {"bus expr '1 + 2'", "3"},
    {"bus expr 'data.tags.filter(t, t.startsWith(\"v\"))' --event 1042",
     "The same over a stored event; also JSON, @file or -."},
    {"bus expr --batch < cases.ndjson",
     "Answers {\"expr\", \"bindings\"} lines with {\"value\"} or {\"error\"}, typed."},
};
constexpr Positional kPositionals[] = {{.name = "EXPR", .help = "The expression; not with --batch."}};
constexpr Option kOptions[] = {
    {.name = "event", .value = "EVENT", .help = "Evaluate over this event: a seq, an id, JSON, @file or -."},
    {.name = "batch", .help = "Read cases from stdin, one a line, and answer each in its order."},
};
constexpr ExitMeaning kExits[] = {
    {kUsage, "usage, an expression that is not valid, or one that has no value"}};

Result<int> run_batch(Session& session) {
  LineReader input(0, kMaxLine);
  std::string_view line;
  for (;;) {
    const auto more = input.next(line);
    if (!more) return more.error();
    if (!*more || session.out().failed()) return kGood;
    session.out().line(predicate::answer_batch_line(line));
  }
}

Result<std::string> evaluate(const Session& session, const std::string& source) {
  const auto name = session.args().get("event");
  if (!name) return predicate::evaluate_json(source, json::Node());
  const auto predicate = compile_expression(source);
  if (!predicate) return predicate.error();
  const auto event = named_event(session, *name);
  if (!event) return event.error();
  predicate::EventView view(*event);
  return predicate::evaluate_json(*predicate, view);
}

Result<int> run(Session& session) {
  const bool given = !session.args().positionals().empty();
  if (session.args().has("batch")) {
    if (given || session.args().has("event"))
      return session.usage("--batch takes its expressions from stdin");
    return run_batch(session);
  }
  if (!given) return session.usage("EXPR is missing", "as in: bus expr '1 + 2'");
  const auto value = evaluate(session, session.args().positional(0));
  if (!value) return as_usage(value.error());
  session.out().line(*value);
  return kGood;
}

}  // namespace

extern const Verb kExpr;
const Verb kExpr = {.name = "expr",
                    .summary = "evaluate an expression",
                    .examples = kExamples,
                    .positionals = kPositionals,
                    .options = kOptions,
                    .notes = "Prints the value as JSON.",
                    .exits = kExits,
                    .run = run};

}  // namespace bus::cli
