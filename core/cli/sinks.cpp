// bus sinks: what carries events out, how far it is, and what holds it up.
#include <algorithm>

#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {{"bus sinks", "What carries events out, and how far it is."},
                                 {"bus sinks --json", "The same for programs, one sink a line."}};
constexpr Example kResumeExamples[] = {
    {"bus sinks resume http", "The server is back, or takes again what it answered 410 to."}};
constexpr Positional kName[] = {{.name = "NAME", .help = "The sink.", .required = true}};
constexpr ExitMeaning kResumeExits[] = {{kNotFound, "there is no such sink"}};

std::string count(json::Node sink, std::string_view name) {
  return std::to_string(sink[name].integer().value_or(0));
}
std::string field(json::Node sink, std::string_view name) {
  return printable(sink[name].string_or(""));
}

std::string lag_text(json::Node sink) {
  if (sink["lag"].integer().value_or(0) == 0) return "caught up";
  std::string text = count(sink, "lag") + " behind";
  if (const auto seconds = sink["lag_seconds"].number())
    text += ", " + std::to_string(static_cast<std::int64_t>(*seconds)) + " s";
  return text;
}

void write_sink(Session& session, json::Node sink) {
  std::string line = field(sink, "name");
  line.resize(std::max<std::size_t>(line.size(), 16), ' ');
  line.append("  ").append(field(sink, "state")).append("  ").append(lag_text(sink));
  line.append("  ").append(count(sink, "delivered")).append(" delivered in ").append(count(sink, "attempts"));
  line.append(" deliveries, ").append(count(sink, "failures")).append(" failed");
  session.out().line(line);
  if (sink["last_error"].exists())
    session.out().line("    last error " + field(sink, "last_error_at") + ": " + field(sink, "last_error"));
  if (!sink["last_error"].exists() && sink["reason"].exists())
    session.out().line("    " + field(sink, "reason"));
  if (sink["next_attempt"].exists()) session.out().line("    next attempt " + field(sink, "next_attempt"));
  if (sink["dead_letters"].integer().value_or(0) != 0) {
    session.out().line("    " + count(sink, "dead_letters") + " dead letters: bus dead list --sink " +
                       field(sink, "name"));
  }
}

Result<int> run(Session& session) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  const auto result = host->ask(client::Call("sinks"));
  if (!result) return result.error();
  if ((*result)["sinks"].size() == 0)
    session.remark("bus: no sinks are configured; those that there are: bus plugins list");
  json::RawElements texts(json::raw_member(host->raw_result(), "sinks"));
  for (const json::Node sink : (*result)["sinks"].elements()) {
    const std::string_view text = texts.next();
    if (session.json()) {
      session.out().line(text);
    } else {
      write_sink(session, sink);
    }
  }
  return kGood;
}

Result<int> run_resume(Session& session) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  client::Call call("sinks");
  call.params().member("do", "resume").member("sink", session.args().positional(0));
  const auto resumed = host->ask(std::move(call));
  if (!resumed) return resumed.error();
  if (session.json()) {
    session.out().line("{}");
  } else {
    session.remark("it tries again: bus sinks says how that went");
  }
  return kGood;
}

}  // namespace

extern const Verb kSinks, kSinksResume;
const Verb kSinks = {.name = "sinks",
                     .summary = "show what carries events out",
                     .examples = kExamples,
                     .notes =
                         "A sink is behind by the events that it has still to look at; the seconds are since "
                         "the first of them "
                         "came.",
                     .run = run};

const Verb kSinksResume = {
    .name = "sinks resume",
    .summary = "have a sink try again now",
    .examples = kResumeExamples,
    .positionals = kName,
    .notes = "Cuts short the pause before its next attempt, and asks a receiver that wanted no more.",
    .exits = kResumeExits,
    .run = run_resume};

}  // namespace bus::cli
