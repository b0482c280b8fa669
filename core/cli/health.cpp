#include "core/cli/health.h"

#include <set>

#include "core/cli/emit_event.h"
#include "core/cli/shorthand.h"

namespace bus::cli {
namespace {

bool in_use(json::Node plugin) {
  return plugin["role"].string_or("") == "source" && plugin["state"].string_or("") != "off";
}

bool works(json::Node plugin) {
  const std::string_view state = plugin["state"].string_or("");
  return state == "ok" || state == "idle";
}

std::string told(std::string_view source, json::Node plugin) {
  std::string line = "source " + std::string(source) + " is " + std::string(plugin["state"].string_or(""));
  if (const auto reason = plugin["reason"].string()) line += ": " + std::string(*reason);
  return line;
}

// True if clients have brought events under that name.
Result<bool> fed_by_clients(client::Connection& host, const std::string& source) {
  if (source == kDefaultSource) return true;
  client::Call call("events");
  call.params().member("where", "source == " + cel_string(source)).member("limit", 1);
  call.params().member("newest", true).member("data", false);
  const auto found = host.ask(std::move(call));
  if (!found) return found.error();
  return (*found)["events"].size() != 0;
}

// What is wrong with the sources, and the names of those that no plugin has.
struct Sources {
  std::vector<std::string> blind;
  std::vector<std::string> unknown;
};

// What the tasks' ids begin with, and perhaps the name of a source.
std::set<std::string> prefixes(const std::vector<std::string>& tasks) {
  std::set<std::string> names;
  for (const std::string& id : tasks) {
    if (const auto colon = id.find(':'); colon != std::string::npos) names.insert(id.substr(0, colon));
  }
  return names;
}

Sources judge_needed(json::Node plugins, const std::set<std::string>& needed) {
  Sources out;
  for (const std::string& name : needed) {
    std::optional<json::Node> found;
    for (const json::Node plugin : plugins.elements()) {
      const bool same =
          plugin["role"].string_or("source") == "source" && plugin["name"].string_or("") == name;
      if (same && (!found || works(plugin))) found = plugin;
    }
    if (!found) {
      out.unknown.push_back(name);
    } else if ((*found)["state"].string_or("") == "off") {
      out.blind.push_back("source " + name + " is not configured");
    } else if (!works(*found)) {
      out.blind.push_back(told(name, *found));
    }
  }
  return out;
}

// All that are in use, if none of them works.
std::vector<std::string> judge_any(json::Node plugins) {
  std::vector<std::string> blind;
  for (const json::Node plugin : plugins.elements()) {
    if (!in_use(plugin)) continue;
    if (works(plugin)) return {};
    blind.push_back(told(plugin["name"].string_or(""), plugin));
  }
  return blind;
}

Status add_unknown_tasks(client::Connection& host, const std::vector<std::string>& ids,
                         std::vector<std::string>& blind) {
  for (const std::string& id : std::set<std::string>(ids.begin(), ids.end())) {
    client::Call call("tasks");
    call.params().member("task", id);
    const auto result = host.ask(std::move(call));
    if (!result) return result.error();
    if ((*result)["tasks"].at(0)["state"].string_or("") == "unknown")
      blind.push_back("task " + id + " is in state unknown");
  }
  return Ok{};
}

}  // namespace

Result<std::vector<std::string>> blind_spots(client::Connection& host, const Needs& needs) {
  const auto status = host.ask(client::Call("status"));
  if (!status) return status.error();
  const json::Node plugins = (*status)["plugins"];
  Sources sources;
  if (needs.sources) {
    sources = judge_needed(plugins, {needs.sources->begin(), needs.sources->end()});
  } else {
    sources.blind = judge_needed(plugins, prefixes(needs.tasks)).blind;
    if (sources.blind.empty()) sources.blind = judge_any(plugins);
  }
  for (const std::string& name : sources.unknown) {
    const auto fed = fed_by_clients(host, name);
    if (!fed) return fed.error();
    if (!*fed) sources.blind.push_back("source " + name + " is not loaded, and no event of it was found");
  }
  if (Status asked = add_unknown_tasks(host, needs.tasks, sources.blind); !asked)
    return std::move(asked).error();
  return std::move(sources.blind);
}

}  // namespace bus::cli
