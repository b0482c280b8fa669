// bus status: what runs, and what is not well.
#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/plugin_text.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus status", "What runs; starts a host if none does."},
    {"bus status --json --no-autostart", "For programs, and without starting anything."}};
constexpr ExitMeaning kExits[] = {{kNotOk, "the host is degraded; the reasons are told"}};

std::string field(json::Node node, std::string_view name) {
  return printable(node[name].string_or(""));
}
std::string count(json::Node node, std::string_view name) {
  return std::to_string(node[name].integer().value_or(0));
}

void write_plugins(Session& session, json::Node plugins) {
  for (const json::Node plugin : plugins.elements()) {
    std::string line =
        "  " + field(plugin, "role") + " " + field(plugin, "name") + ": " + field(plugin, "state");
    line += ", " + count(plugin, "events") + " events";
    if (plugin["reason"].exists()) line += " (" + field(plugin, "reason") + ")";
    session.out().line(line);
    write_below_plugin(session.out(), plugin);
  }
}

void write_status(Session& session, json::Node status) {
  Output& out = session.out();
  out.line("host     " + field(status, "state") + ", version " + field(status, "version") + ", process " +
           count(status, "pid") + ", since " + field(status, "started"));
  for (const json::Node reason : status["reasons"].elements())
    out.line("         " + printable(reason.string_or("")));
  const json::Node http = status["http"];
  out.line("http     " +
           (http["enabled"].boolean().value_or(false) ? "port " + count(http, "port") : std::string("off")));
  out.line("socket   " + field(status, "socket") + ", " + count(status, "readers") + " readers");
  const json::Node store = status["store"];
  out.line("store    " + field(status, "state_dir") + ", " + count(store, "events") + " events, " +
           count(store, "tasks") + " tasks, head " + count(status, "head"));
  if (store["trouble"].exists()) out.line("         " + field(store, "trouble"));
  out.line("plugins  " + std::to_string(status["plugins"].size()));
  write_plugins(session, status["plugins"]);
}

Result<int> run(Session& session) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  const auto status = host->ask(client::Call("status"));
  if (!status) return status.error();
  if (session.json()) {
    session.out().line(host->raw_result());
  } else {
    write_status(session, *status);
  }
  return (*status)["state"].string_or("") == "ok" ? kGood : kNotOk;
}

}  // namespace

extern const Verb kStatus;
const Verb kStatus = {
    .name = "status",
    .summary = "show what runs and what is degraded",
    .examples = kExamples,
    .notes = "With --json one object: state, reasons, version, pid, http, head, store, plugins, …",
    .exits = kExits,
    .run = run};

}  // namespace bus::cli
