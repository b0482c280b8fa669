#include "core/cli/wait_spec.h"

#include "core/base/time_text.h"
#include "core/cli/shorthand.h"

namespace bus::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "since",
     .value = "PLACE",
     .help = "Also what was stored from there on: 10m, an RFC 3339 time, a seq, an event id, @cursor. Now if "
             "left out."},
    {.name = "timeout", .value = "D", .help = "Give up after that time, with status 124; never if left out."},
    {.name = "count", .value = "N", .help = "Wait for N matches."},
    {.name = "all-of",
     .value = "EXPR",
     .help = "Wait until each of these has been seen, in any order.",
     .many = Many::again},
    {.name = "first-of", .value = "EXPR", .help = "Wait for any of these.", .many = Many::again},
    {.name = "sequence", .help = "The expressions are steps: wait until each has been seen, in this order."},
    {.name = "within",
     .value = "D",
     .help = "With --count, --all-of, --sequence: from the first event to the last in that time."},
    {.name = "absent",
     .value = "EXPR",
     .help = "Wait until this has not been seen for the time that --for says."},
    {.name = "for", .value = "D", .help = "The time of --absent."},
    {.name = "any", .help = "With task: the first of the tasks is enough."},
    {.name = "all", .help = "With task: all of them; so if left out."},
    {.name = "settle",
     .value = "D",
     .help = "With task: take the ids for groups, and a group for whole when nothing came of it for so long; "
             "2s if "
             "left out."},
    {.name = "all-reports", .help = "Also reports that told nothing new of their task (repeats, late ones)."},
    {.name = "no-exit-status", .help = "Any match ends with 0, also a failed task."},
    {.name = "explain", .help = "Print the expression that all this stands for, and do nothing."},
};

Error usage(std::string message, std::string hint = "see: bus help wait") {
  return error(Code::invalid, std::move(message), std::move(hint));
}

// The mode, and the expressions that come with it.
Result<WaitSpec> mode_of(const Arguments& arguments) {
  WaitSpec spec;
  int modes = 0;
  if (arguments.has("all-of")) {
    ++modes;
    spec.what = WaitFor::all_of;
    spec.clauses = arguments.all("all-of");
  }
  if (arguments.has("first-of")) {
    ++modes;
    spec.what = WaitFor::first_of;
    spec.clauses = arguments.all("first-of");
  }
  if (arguments.has("absent")) {
    ++modes;
    spec.what = WaitFor::absence;
    spec.clauses = arguments.all("absent");
  }
  if (arguments.has("sequence")) {
    ++modes;
    spec.what = WaitFor::sequence;
    spec.clauses = arguments.positionals();
    if (spec.clauses.size() < 2) return usage("--sequence needs at least two expressions");
  } else if (modes > 0 && !arguments.positionals().empty()) {
    return usage("unexpected '" + arguments.positional(0) + "'",
                 "--all-of, --first-of and --absent bring their own expressions");
  }
  if (modes > 1) return usage("--all-of, --first-of, --sequence and --absent exclude each other");
  return spec;
}

}  // namespace

std::span<const Option> wait_options() {
  return kOptions;
}

Result<WaitSpec> wait_spec(const Arguments& arguments) {
  for (const std::string_view option : {"any", "all", "settle"}) {
    if (arguments.has(option)) return usage("--" + std::string(option) + " goes with bus wait task ID...");
  }
  auto spec = mode_of(arguments);
  if (!spec) return spec;
  if (spec->what == WaitFor::match) {
    if (arguments.positionals().size() > 1) {
      return usage("more than one expression", "join them with && or ||, or use --sequence");
    }
    auto expression = filter_expression(arguments, arguments.positional(0));
    if (!expression) return std::move(expression).error();
    if (expression->empty())
      return usage("what is to be waited for is missing", "as in: bus wait 'type == \"deploy\"'");
    spec->clauses = {std::move(*expression)};
  } else {
    auto filter = filter_expression(arguments, "");
    if (!filter) return std::move(filter).error();
    spec->filter = std::move(*filter);
  }
  const auto count = arguments.integer("count", 1, INT64_MAX);
  if (!count) return count.error();
  spec->count = count->value_or(1);
  const auto within = arguments.duration("within");
  if (!within) return within.error();
  spec->within = *within;
  const auto quiet = arguments.duration("for");
  if (!quiet) return quiet.error();
  if (quiet->has_value() != (spec->what == WaitFor::absence)) return usage("--absent and --for go together");
  spec->quiet = quiet->value_or(microseconds(0));
  return spec;
}

}  // namespace bus::cli
