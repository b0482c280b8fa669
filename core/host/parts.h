// Parts: everything that a running host consists of, in the order in which it is made. Private to core/host.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/auth/secrets.h"
#include "core/auth/tokens.h"
#include "core/base/clock.h"
#include "core/config/paths.h"
#include "core/config/settings.h"
#include "core/fanout/hub.h"
#include "core/fanout/socket_server.h"
#include "core/host/care.h"
#include "core/host/state_lock.h"
#include "core/http/router.h"
#include "core/http/server.h"
#include "core/ingest/ingest.h"
#include "core/metrics/registry.h"
#include "core/plugin/manager.h"
#include "core/rules/engine.h"
#include "core/store/store.h"

namespace bus::host {

struct Parts {
  config::Paths paths;
  config::Settings settings;
  const Clock& clock;
  Time started;

  metrics::Registry metrics{};
  std::optional<StateLock> lock{};
  std::unique_ptr<store::Store> store{};
  std::unique_ptr<fanout::Hub> hub{};
  std::unique_ptr<ingest::Ingest> ingest{};
  std::unique_ptr<auth::SecretStore> secrets{};
  std::unique_ptr<auth::TokenStore> tokens{};
  std::unique_ptr<http::Router> router{};
  std::unique_ptr<plugin::RouterRoutes> routes{};
  std::unique_ptr<plugin::Manager> plugins{};
  std::unique_ptr<rules::Engine> rules{};
  std::unique_ptr<http::Server> http{};
  std::uint16_t port = 0;  // 0: HTTP is off
  std::unique_ptr<fanout::SocketServer> socket{};
  metrics::ScrapeHook scrape{};
  std::unique_ptr<Care> care{};
};

// Answers with what it is given.
std::function<void(const Result<std::string>&)> answering(fanout::Reply reply);

// What the socket's clients may ask for, one file for each group. They keep references to `parts`.
void add_emit(Parts& parts);     // emit
void add_reading(Parts& parts);  // events, event, tasks, cursors, forget
void add_about(Parts& parts);    // hello, status, plugins, deliver
void add_care(Parts& parts);     // db, query
void add_token(Parts& parts);    // token
void add_rules(Parts& parts);    // rules
void add_run(Parts& parts);      // run
void add_sinks(Parts& parts);    // sinks
void add_dead(Parts& parts);     // dead

// /healthz, /readyz, /metrics.
Status add_http_routes(Parts& parts);
// /api/v1/events and its stream.
Status add_event_routes(Parts& parts);

// The shape of `bus status --json`.
std::string status_json(const Parts& parts);
// The shape of `bus plugins list --json`, as one object.
std::string plugins_json(const Parts& parts);
// Why the host is not well, one line each; empty when it is.
std::vector<std::string> troubles(const Parts& parts);

}  // namespace bus::host
