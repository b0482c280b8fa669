// What runs, and what is wrong: the answer to `bus status`.
#include <unistd.h>

#include "core/base/time_text.h"
#include "core/base/version.h"
#include "core/host/parts.h"

namespace bus::host {
namespace {

using plugin::PluginStatus;

void write_figures(json::Writer& out, const PluginStatus& one) {
  const plugin::Figures& figures = one.figures;
  out.member("events", one.role == "sink" ? figures.delivered : figures.stored);  // what it is there for
  if (one.role == "sink") {
    out.member("cursor", one.cursor)
        .member("delivered", figures.delivered)
        .member("rejected", figures.rejected);
    out.member("retries", figures.retries);
  } else {
    out.member("stored", figures.stored)
        .member("duplicate", figures.duplicate)
        .member("known", figures.known);
    out.member("refused", figures.refused);
  }
  out.member("calls", figures.calls).member("errors", figures.errors).member("queued", one.queued);
}

void write_child(json::Writer& out, const PluginStatus& one) {
  out.member_if("isolation", one.isolation);
  if (!one.child) return;
  out.member("restarts", one.child->restarts);
  if (one.child->pid != 0) out.member("pid", static_cast<std::int64_t>(one.child->pid));
  out.member_if("sandbox", one.child->sandbox).member_if("last_end", one.child->last_end);
}

void write_plugin(json::Writer& out, const PluginStatus& one) {
  out.begin_object().member("name", one.name).member_if("plugin", one.plugin).member_if("role", one.role);
  out.member_if("version", one.version).member_if("summary", one.summary).member_if("path", one.path);
  out.member_if("sha256", one.sha256)
      .member_if("trust", one.trust)
      .member("state", plugin::name(one.state.state));
  out.member_if("reason", one.state.reason).member_if("hint", one.hint);
  if (one.state.since != Time{}) out.member("since", format_time(one.state.since));
  if (!one.busy.empty()) {
    out.member("busy", one.busy).member("busy_seconds", std::chrono::duration<double>(one.busy_for).count());
  }
  if (one.role == "source") {
    out.key("routes").begin_array();
    for (const std::string& route : one.routes) out.string(route);
    out.end_array().member("intake", one.intake);
  }
  write_figures(out, one);
  write_child(out, one);
  out.end_object();
}

void write_plugins(json::Writer& out, const Parts& parts) {
  out.key("plugins").begin_array();
  if (parts.plugins) {
    for (const PluginStatus& one : parts.plugins->status()) write_plugin(out, one);
  }
  out.end_array();
}

// States in which a plugin does not do what it is there for.
bool degraded(plugin::State state) {
  using enum plugin::State;
  return state == plugin::State::degraded || state == retrying || state == waiting || state == failed;
}

void write_store(json::Writer& out, const Parts& parts) {
  const auto stats = parts.store->stats();
  out.key("store").begin_object();
  if (stats) {
    out.member("events", stats->events).member("tasks", stats->tasks);
    out.member("first", stats->bounds.first).member("last", stats->bounds.last);
    out.member("file_bytes", stats->file_bytes).member("wal_bytes", stats->wal_bytes);
  } else {
    out.member("trouble", stats.error().message);
  }
  out.end_object();
}

}  // namespace

std::vector<std::string> troubles(const Parts& parts) {
  std::vector<std::string> out;
  if (const std::string trouble = parts.ingest->trouble(); !trouble.empty()) out.push_back(trouble);
  if (parts.rules) {
    for (std::string& trouble : parts.rules->troubles()) out.push_back(std::move(trouble));
  }
  if (!parts.plugins) return out;
  for (const PluginStatus& one : parts.plugins->status()) {
    if (!degraded(one.state.state)) continue;
    out.push_back(one.name + ": " + std::string(plugin::name(one.state.state)) +
                  (one.state.reason.empty() ? "" : ", " + one.state.reason));
  }
  return out;
}

std::string plugins_json(const Parts& parts) {
  std::string result;
  json::Writer out(result);
  out.begin_object();
  write_plugins(out, parts);
  out.end_object();
  return result;
}

std::string status_json(const Parts& parts) {
  const std::vector<std::string> wrong = troubles(parts);
  std::string result;
  json::Writer out(result);
  out.begin_object().member("state", wrong.empty() ? "ok" : "degraded").key("reasons").begin_array();
  for (const std::string& reason : wrong) out.string(reason);
  out.end_array().member("version", version()).member("pid", ::getpid());
  out.member("started", format_time(parts.started)).member("socket", parts.paths.socket());
  out.member("state_dir", parts.paths.state).member("config_dir", parts.paths.config);
  out.key("http").begin_object().member("enabled", parts.port != 0);
  if (parts.port != 0) out.member("listen", parts.settings.http.listen).member("port", parts.port);
  out.end_object().member("head", parts.hub->head()).member("readers", parts.hub->readers());
  write_store(out, parts);
  write_plugins(out, parts);
  out.end_object();
  return result;
}

}  // namespace bus::host
