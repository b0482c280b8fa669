// What core/plugin needs of the host. Everything must outlive the Manager.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/auth/secrets.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/fanout/hub.h"
#include "core/http/router.h"
#include "core/ingest/ingest.h"
#include "core/log/log.h"
#include "core/metrics/registry.h"
#include "core/plugin/outbound.h"
#include "core/process/spawner.h"
#include "core/store/store.h"

namespace bus::plugin {

// Where the routes of webhooks go. Safe for concurrent use; as http::Router.
class Routes {
 public:
  virtual ~Routes() = default;
  virtual Result<std::uint64_t> add(http::Route route) = 0;
  virtual void remove(std::uint64_t id) = 0;
};

class RouterRoutes final : public Routes {
 public:
  explicit RouterRoutes(http::Router& router) : router_(router) {}
  Result<std::uint64_t> add(http::Route route) override { return router_.add(std::move(route)); }
  void remove(std::uint64_t id) override { router_.remove(id); }

 private:
  http::Router& router_;
};

struct HostServices {
  ingest::Ingest& ingest;
  fanout::Hub& hub;
  store::Store& store;
  Routes* routes;  // null: no HTTP, webhooks are not offered
  metrics::Registry& metrics;
  const Clock& clock;
  log::Logger& log;
  const auth::SecretStore& secrets;

  std::string home{};  // what "~/" in paths stands for
  std::uint64_t max_webhook_body = 25u << 20;
  milliseconds webhook_patience{9'000};  // how long a sender waits before 503; GitHub gives up after 10 s
  milliseconds stop_grace{5'000};        // how long an instance may take to stop
  // What runs plugins that are not trusted: `bus`, started as `plugin-host`.
  std::string program = "/proc/self/exe";
  std::vector<std::string> own_folders{};  // of the store, the secrets, the socket: no such plugin gets them
  process::Spawner* spawner = &process::system_spawner();  // of bus.process/1
  std::shared_ptr<Outbound> outbound =
      std::make_shared<Outbound>();          // of bus.http/1; shared by all instances
  std::uint64_t keep_dead_letters = 10'000;  // of all sinks together
};

}  // namespace bus::plugin
