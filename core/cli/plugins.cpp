// bus plugins list, plugins show, sources: what is loaded, and how it does.
#include <vector>

#include "core/base/text.h"
#include "core/cli/event_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/plugin_text.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr Example kListExamples[] = {
    {"bus plugins list", "Everything that is loaded."},
    {"bus plugins list --json", "The same for programs, one plugin a line."}};
constexpr Example kShowExamples[] = {{"bus plugins show github", "One plugin in full."}};
constexpr Example kSourcesExamples[] = {{"bus sources", "What brings events in, and how it does."}};
constexpr Positional kName[] = {{.name = "NAME", .help = "The plugin's name.", .required = true}};

std::string text_of(json::Node plugin, std::string_view name) {
  return printable(plugin[name].string_or(""));
}

void write_line(Session& session, json::Node plugin) {
  std::string line = text_of(plugin, "name");
  line.resize(std::max<std::size_t>(line.size(), 16), ' ');
  line +=
      "  " + text_of(plugin, "role") + "  " + text_of(plugin, "state") + "  " + text_of(plugin, "version");
  if (const std::string trust = text_of(plugin, "trust"); !trust.empty() && trust != "installed")
    line += trust == "no" ? "  untrusted" : "  " + trust;
  line += "  " + std::to_string(plugin["events"].integer().value_or(0)) + " events  " +
          text_of(plugin, "summary");
  if (plugin["isolation"].string_or("") == "process") line += "  [own process]";
  if (plugin["reason"].exists()) line += "  (" + text_of(plugin, "reason") + ")";
  session.out().line(line);
  write_below_plugin(session.out(), plugin);
}

void write_page(Session& session, json::Node plugin) {
  for (const json::Member member : plugin.members()) {
    const auto text = member.value.string();
    session.out().line(printable(member.key) + ": " + (text ? printable(*text) : indented(member.value)));
  }
}

// Visits the plugins of that role (empty: all) with their own bytes.
template <class Visit>
Status each_plugin(Session& session, std::string_view role, Visit visit) {
  auto host = session.connect();
  if (!host) return std::move(host).error();
  const auto result = host->ask(client::Call("plugins"));
  if (!result) return result.error();
  json::RawElements texts(json::raw_member(host->raw_result(), "plugins"));
  for (const json::Node plugin : (*result)["plugins"].elements()) {
    const std::string_view text = texts.next();
    if (role.empty() || plugin["role"].string_or("") == role) visit(plugin, text);
  }
  return Ok{};
}

Result<int> list(Session& session, std::string_view role) {
  const Status done = each_plugin(session, role, [&](json::Node plugin, std::string_view text) {
    if (session.json()) session.out().line(text);
    if (!session.json()) write_line(session, plugin);
  });
  if (!done) return done.error();
  return kGood;
}

Result<int> run_list(Session& session) {
  return list(session, "");
}
Result<int> run_sources(Session& session) {
  return list(session, "source");
}

Result<int> run_show(Session& session) {
  const std::string name = session.args().positional(0);
  bool found = false;
  std::vector<std::string> names;
  const Status done = each_plugin(session, "", [&](json::Node plugin, std::string_view text) {
    names.emplace_back(plugin["name"].string_or(""));
    if (names.back() != name) return;
    found = true;
    if (session.json()) session.out().line(text);
    if (!session.json()) write_page(session, plugin);
  });
  if (!done) return done.error();
  if (found) return kGood;
  const std::vector<std::string_view> words(names.begin(), names.end());
  const std::string_view near = nearest(name, words);
  return error(Code::not_found, "no plugin '" + name + "' is loaded",
               near.empty() ? "see: bus plugins list" : "did you mean '" + std::string(near) + "'?");
}

}  // namespace

extern const Verb kPluginsList, kPluginsShow, kSources;
const Verb kPluginsList = {.name = "plugins list",
                           .summary = "show the sources and sinks that are loaded",
                           .examples = kListExamples,
                           .run = run_list};
const Verb kPluginsShow = {.name = "plugins show",
                           .summary = "show one plugin in full",
                           .examples = kShowExamples,
                           .positionals = kName,
                           .run = run_show};
const Verb kSources = {.name = "sources",
                       .summary = "show what brings events in",
                       .examples = kSourcesExamples,
                       .run = run_sources};

}  // namespace bus::cli
