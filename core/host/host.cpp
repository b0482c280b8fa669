#include "core/host/host.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "core/base/file.h"
#include "core/base/start_memory.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "core/host/notify.h"
#include "core/host/parts.h"
#include "core/log/log.h"
#include "core/process/descendants.h"
#include "core/process/descriptor_limit.h"
#include "core/process/event_context.h"
#include "core/store/sqlite_store.h"

namespace bus::host {
namespace {

// Desktops give 1,024 at first. Every client, connection and watched thing of a source takes one.
constexpr rlim_t kMostDescriptors = 65536;

constexpr std::array<int, 3> kSignals = {SIGTERM, SIGINT, SIGHUP};

// From here on only await_signal() sees them; threads inherit the mask.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : kSignals) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

struct Listen {
  std::string address;
  std::uint16_t port = 0;
};

Result<Listen> parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  unsigned port = 0;
  const std::string_view digits = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || failure != std::errc() || end != digits.data() + digits.size() || port > 65535) {
    return error(Code::config, "http.listen '" + printable(text) + "' is not address:port",
                 "as in 127.0.0.1:9000");
  }
  std::string_view address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return Listen{std::string(address), static_cast<std::uint16_t>(port)};
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

Status start_http(Parts& parts) {
  const config::Http& settings = parts.settings.http;
  if (settings.listen == "off") return Ok{};
  const auto listen = parse_listen(settings.listen);
  if (!listen) return listen.error();
  if (!is_loopback(listen->address)) {
    return error(Code::config, "http.listen " + settings.listen + " is not a loopback address",
                 "listen on 127.0.0.1 and put a tunnel or a TLS proxy in front");
  }
  http::Options options;
  options.address = listen->address;
  options.port = listen->port;
  options.workers = static_cast<std::size_t>(settings.workers);
  options.max_connections = static_cast<std::size_t>(settings.max_connections);
  options.max_streams = static_cast<std::size_t>(settings.max_streams);
  options.header_deadline = std::chrono::ceil<milliseconds>(settings.header_timeout);
  options.request_deadline = std::chrono::ceil<milliseconds>(settings.request_timeout);
  parts.http = std::make_unique<http::Server>(options, *parts.router, parts.metrics, parts.clock);
  auto port = parts.http->start();
  if (!port) return std::move(port).error();
  parts.port = *port;
  return Ok{};
}

void make_socket(Parts& parts) {
  fanout::SocketOptions options;
  options.path = parts.paths.socket();
  options.max_clients = static_cast<std::size_t>(parts.settings.socket.max_clients);
  options.reader_buffer = static_cast<std::size_t>(parts.settings.socket.subscriber_buffer);
  parts.socket =
      std::make_unique<fanout::SocketServer>(options, *parts.hub, *parts.store, parts.clock, parts.metrics);
  add_emit(parts);
  add_reading(parts);
  add_about(parts);
  add_care(parts);
  add_token(parts);
  add_rules(parts);
  add_run(parts);
  add_sinks(parts);
  add_dead(parts);
}

void make_plugins(Parts& parts) {
  plugin::HostServices services{*parts.ingest, *parts.hub,  *parts.store,  parts.routes.get(),
                                parts.metrics, parts.clock, log::global(), *parts.secrets};
  const char* home = std::getenv("HOME");
  services.home = home == nullptr ? "" : home;
  services.own_folders = {parts.paths.config, parts.paths.state, parts.paths.runtime};
  services.max_webhook_body = parts.settings.http.max_webhook_body;
  services.keep_dead_letters = static_cast<std::uint64_t>(parts.settings.store.keep_dead_letters);
  parts.plugins = std::make_unique<plugin::Manager>(
      services, parts.settings,
      plugin::Folders{plugin::installed_plugin_folder(), parts.settings.plugins.directories,
                      parts.paths.trust_file()});
  parts.plugins->start_all();
}

// Where programs of rules run, and what they may take.
void make_rules(Parts& parts) {
  const config::Rules& settings = parts.settings.rules;
  const char* home = std::getenv("HOME");
  rules::Surroundings around{
      .store = *parts.store,
      .hub = *parts.hub,
      .ingest = *parts.ingest,
      .metrics = parts.metrics,
      .clock = parts.clock,
      .secret = [&parts](std::string_view name) -> Result<Secret> {
        auto values = parts.secrets->get(name);
        if (!values) return std::move(values).error();
        return std::move(values->front());
      },
      .warn = [](const std::string& text) { log::warning(text); },
      .rules_folder = parts.paths.rules_folder(),
      .event_folder = parts.paths.event_files(),
      .log_folder = parts.paths.run_logs(),
      .home = home == nullptr ? "/" : home,
      .max_runs = settings.max_runs,
      .max_queued = settings.max_queued,
      .max_output = settings.max_output,
      .max_logs = settings.max_logs,
      .stop_grace = settings.stop_grace,
  };
  parts.rules = std::make_unique<rules::Engine>(std::move(around));
}

void watch_store(Parts& parts) {
  metrics::Gauge bytes = parts.metrics.gauge("bus_store_bytes", "Size of the store's file.");
  metrics::Gauge log_bytes =
      parts.metrics.gauge("bus_store_wal_bytes", "Size of the store's write-ahead log.");
  metrics::Gauge events = parts.metrics.gauge("bus_store_events", "Events that are kept.");
  parts.metrics
      .gauge("bus_build_info", "Always 1; the label says what runs.", {{"version", std::string(version())}})
      .set(1);
  parts.scrape = parts.metrics.on_scrape([&parts, bytes, log_bytes, events]() mutable {
    if (const auto stats = parts.store->stats()) {
      bytes.set(static_cast<double>(stats->file_bytes));
      log_bytes.set(static_cast<double>(stats->wal_bytes));
      events.set(static_cast<double>(stats->events));
    }
  });
}

// Everything up to the moment at which clients are served. What fails here has changed nothing that matters.
Status start(Parts& parts) {
  if (Status made = config::make_folders(parts.paths); !made) return made;
  auto lock = StateLock::take(parts.paths.state);
  if (!lock) return std::move(lock).error();
  parts.lock = std::move(*lock);
  process::remove_stale_event_files(parts.paths.event_files());
  auto store = store::open_sqlite(parts.paths.state, parts.clock);
  if (!store) return std::move(store).error();
  parts.store = std::move(*store);
  parts.hub = std::make_unique<fanout::Hub>(*parts.store, parts.metrics);
  parts.ingest = std::make_unique<ingest::Ingest>(*parts.store, *parts.hub, parts.metrics);
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  parts.secrets =
      std::make_unique<auth::SecretStore>(parts.paths.secrets(), credentials == nullptr ? "" : credentials);
  parts.tokens = std::make_unique<auth::TokenStore>(parts.paths.tokens_file());
  parts.router = std::make_unique<http::Router>(parts.metrics);
  parts.routes = std::make_unique<plugin::RouterRoutes>(*parts.router);
  if (Status added = add_http_routes(parts); !added) return added;
  if (Status added = add_event_routes(parts); !added) return added;
  watch_store(parts);
  make_rules(parts);
  const config::Store& keep = parts.settings.store;
  parts.care =
      std::make_unique<Care>(*parts.store,
                             store::Retention{keep.keep_age, static_cast<std::uint64_t>(keep.keep_events),
                                              keep.keep_bytes, keep.prune_unread},
                             [&parts] { parts.rules->save_positions(); });
  make_socket(parts);
  // Sources first: a sender that gets in finds their routes. (A sender who is told "no such route" may never
  // come again.)
  make_plugins(parts);
  parts.rules->start(parts.settings.rule_tables);
  if (Status served = start_http(parts); !served) return served;
  return parts.socket->start();
}

// Entrances, sources, store, readers. Also for a host that has only half started. False if a handler of HTTP
// still runs: what it uses has to stay.
bool stop(Parts& parts) {
  bool idle = true;
  if (parts.lock) parts.lock->say_stopping();
  if (parts.socket) parts.socket->close_entrance();
  if (parts.http) {
    Status stopped = parts.http->stop();
    idle = stopped.ok();
    if (!idle) log::warning(stopped.error().message);
  }
  if (parts.plugins) parts.plugins->stop_sources();
  if (parts.rules) parts.rules->stop();
  if (parts.ingest) parts.ingest->stop();
  if (parts.plugins) parts.plugins->stop_sinks();
  if (parts.socket) parts.socket->stop();
  parts.care.reset();
  return idle;
}

void report_ready(std::optional<int> fd, const Status& outcome) {
  if (!fd) return;
  const UniqueFd owned(*fd);
  (void)write_all(owned.get(), outcome ? std::string("ok\n") : outcome.error().message + "\n");
}

void reload(Parts& parts, const HostOptions& options) {
  if (!options.reload) return;
  const config::Loaded loaded = options.reload();
  for (const config::Problem& problem : loaded.problems) log::error("configuration: " + problem.text());
  if (!loaded.ok()) return log::error("configuration not reloaded; the old one stays");
  if (const auto level = log::level_named(loaded.settings.log.level)) log::global().set_level(*level);
  log::info("configuration reloaded; sources, sinks and the listening address change at the next start");
  parts.settings.log = loaded.settings.log;
  parts.rules->reload(loaded.settings.rule_tables);
}

void serve_until_told(Parts& parts, const HostOptions& options, const sigset_t& signals) {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) return log::info("stopping", {{"signal", signal}});
    reload(parts, options);
  }
}

void serve(Parts& parts, const HostOptions& options, const sigset_t& signals) {
  report_ready(options.ready_fd, Ok{});
  log::info("serving", {{"socket", parts.paths.socket()}, {"http_port", parts.port}, {"version", version()}});
  notify_service_manager("READY=1");
  give_back_start_memory();
  serve_until_told(parts, options, signals);
  notify_service_manager("STOPPING=1");
}

}  // namespace

Status run(const HostOptions& options) {
  // Few arenas: the threads share much and hold little.
  mallopt(M_ARENA_MAX, 2);
  const sigset_t signals = block_signals();
  if (Status reaping = process::become_subreaper(); !reaping) log::warning(reaping.error().message);
  if (Status raised = process::raise_descriptor_limit(kMostDescriptors); !raised)
    log::warning(raised.error().message);
  Status started = Ok{};
  {
    std::unique_ptr<Parts> parts(
        new Parts{options.paths, options.settings, system_clock(), system_clock().now()});
    started = start(*parts);
    if (started) serve(*parts, options, signals);
    // The process ends all the same; until then a handler that still runs finds what it needs.
    if (!stop(*parts)) (void)parts.release();
  }
  // A failure is told when nothing of us is left: whoever is told may start the next host at once.
  if (!started) report_ready(options.ready_fd, started);
  if (started) log::info("stopped");
  return started;
}

}  // namespace bus::host
