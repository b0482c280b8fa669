#include "core/plugin/manager.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "core/plugin/catalog.h"
#include "core/plugin/confine.h"
#include "core/plugin/loader.h"
#include "core/plugin/options.h"
#include "core/predicate/predicate.h"

namespace bus::plugin {
namespace {

constexpr milliseconds kCreateGrace{5'000};
constexpr milliseconds kStartGrace{1'000};  // for all sources together; start() never waits for the outside

std::string text_of(const Error& error) {
  return error.hint.empty() ? error.message : error.message + " (" + error.hint + ")";
}

Result<SinkSettings> sink_settings(const config::PluginTable& table) {
  SinkSettings out;
  if (!table.predicate.empty()) {
    auto compiled = predicate::compile(table.predicate);
    if (!compiled) return std::move(compiled).error().in("predicate");
    out.filter = std::move(*compiled);
  }
  const config::SinkTable& sink = table.sink;
  out.batch = static_cast<std::size_t>(sink.batch);
  out.retry = {static_cast<std::uint32_t>(sink.retry_max_attempts), sink.retry_max_age};
  out.from_now = sink.from == "now";
  return out;
}

const std::string& plugin_of(const std::string& name, const config::PluginTable& table) {
  return table.plugin.empty() ? name : table.plugin;
}

}  // namespace

struct Manager::Impl {
  Impl(HostServices services_, const config::Settings& settings, const Folders& folders)
      : services(std::move(services_)),
        catalog(folders.installed, folders.further, TrustStore(folders.trust)) {
    for (const auto& [name, table] : settings.sinks) add_configured(settings, name, table, Role::sink);
    for (const auto& [name, table] : settings.sources) add_configured(settings, name, table, Role::source);
    add_installed(settings);
    publish_figures();
  }

  void add_configured(const config::Settings& settings, const std::string& name,
                      const config::PluginTable& table, Role role);
  void add_installed(const config::Settings& settings);
  Result<std::shared_ptr<const Plugin>> load_plugin(const std::string& plugin, bool isolated);
  Status add(const std::string& name, const config::PluginTable& table, Role role, bool isolated);
  void add_failed(const std::string& name, const std::string& plugin, Role role, const Error& why);
  void publish_figures();
  PluginStatus status_of(const Catalog::Entry& entry) const;
  std::string trust_of(std::string_view plugin) const;

  template <class Each>
  void stop(const std::vector<std::shared_ptr<Each>>& instances);

  const HostServices services;
  Catalog catalog;
  std::vector<std::shared_ptr<SinkInstance>> sinks;
  std::vector<std::shared_ptr<SourceInstance>> sources;
  std::vector<PluginStatus> failed;  // configured, but no instance could be made
  bool started = false, sources_stopped = false, sinks_stopped = false;
  metrics::ScrapeHook figures;  // last: its callback uses the above
};

void Manager::Impl::add_configured(const config::Settings& settings, const std::string& name,
                                   const config::PluginTable& table, Role role) {
  if (!table.enabled) return;
  const std::string& isolation = table.isolation.empty() ? settings.plugins.isolation : table.isolation;
  const bool isolated =
      isolation == "process" || (isolation == "automatic" && !catalog.is_installed(plugin_of(name, table)));
  if (Status added = add(name, table, role, isolated); !added)
    add_failed(name, table.plugin, role, added.error());
}

Result<std::shared_ptr<const Plugin>> Manager::Impl::load_plugin(const std::string& plugin, bool isolated) {
  return catalog.get(plugin, isolated, [&](GatedFile file) {
    return isolated ? load_isolated(std::move(file), services.program, *services.spawner)
                    : load(std::move(file));
  });
}

Status Manager::Impl::add(const std::string& name, const config::PluginTable& table, Role role,
                          bool isolated) {
  const std::string& wanted = plugin_of(name, table);
  // Durable values, states and intake go by the instance's name.
  const auto plugin_file = catalog.entries().find(wanted);
  if (catalog.is_installed(name) && plugin_file != catalog.entries().end() &&
      !plugin_file->second.installed) {
    return error(Code::denied, "'" + name + "' is the name of a plugin that came with bus",
                 "give the instance of '" + wanted + "' another name");
  }
  auto plugin = load_plugin(wanted, isolated);
  if (!plugin) return std::move(plugin).error();
  const Descriptor& descriptor = (*plugin)->descriptor;
  const std::string role_name(bus::plugin::name(role));
  if (descriptor.role != role) {
    const std::string other(bus::plugin::name(descriptor.role));
    return error(Code::config, "plugin '" + descriptor.name + "' is a " + other,
                 "configure it under [" + other + "s." + name + "]");
  }
  auto options = check_options(descriptor, table.options, role_name + " '" + name + "'", services.home);
  if (!options) return std::move(options).error();
  if (isolated) {
    auto confined = confine(**plugin, table, *options, services.own_folders);
    if (!confined) return std::move(confined).error();
    plugin = std::move(*confined);
    for (const std::string& path : (*plugin)->confinement.out_of_reach) {
      services.log.write(log::Level::warning, "plugin may not make or open what its table names",
                         {{"plugin", name},
                          {"path", path},
                          {"reason", "its folder holds files of bus itself"},
                          {"hint", "name one in a folder of its own, or make the file first"}});
    }
  } else if (Status plain = check_unconfined(table); !plain) {
    return plain;
  }
  if (role == Role::source) {
    sources.push_back(std::make_shared<SourceInstance>(services, *plugin, name, std::move(*options)));
    return Ok{};
  }
  auto sink = sink_settings(table);
  if (!sink) return std::move(sink).error();
  sinks.push_back(
      std::make_shared<SinkInstance>(services, *plugin, name, std::move(*options), std::move(*sink)));
  return Ok{};
}

void Manager::Impl::add_installed(const config::Settings& settings) {
  const bool isolated = settings.plugins.isolation == "process";
  std::vector<std::string> names;
  for (const auto& [name, entry] : catalog.entries()) {
    if (entry.installed) names.push_back(name);
  }
  for (const std::string& name : names) {
    const auto plugin = load_plugin(name, isolated);
    if (!plugin || (*plugin)->descriptor.role != Role::source || !(*plugin)->descriptor.needs_no_settings())
      continue;
    const bool mentioned = settings.sources.count(name) != 0;
    bool used = false;
    for (const auto& [other, table] : settings.sources) used = used || table.plugin == name;
    if (mentioned || used) continue;
    config::PluginTable empty;
    empty.plugin = name;
    if (Status added = add(name, empty, Role::source, isolated); !added)
      add_failed(name, name, Role::source, added.error());
  }
}

void Manager::Impl::add_failed(const std::string& name, const std::string& plugin, Role role,
                               const Error& why) {
  services.log.write(log::Level::error, "plugin failed", {{"plugin", name}, {"reason", text_of(why)}});
  PluginStatus status;
  status.name = name;
  status.plugin = plugin.empty() ? name : plugin;
  status.role = bus::plugin::name(role);
  status.state = {State::failed, text_of(why), services.clock.now()};
  failed.push_back(std::move(status));
}

void Manager::Impl::publish_figures() {
  figures = services.metrics.on_scrape([this] {
    const auto running = [this](Instance& instance) {
      const auto call = instance.runner().current();
      services.metrics
          .gauge("bus_plugin_call_seconds",
                 "How long the plugin's current call has been running; 0 if there is none.",
                 {{"plugin", instance.name()}})
          .set(call ? static_cast<double>(call->running.count()) / 1e9 : 0);
    };
    for (const auto& source : sources) running(*source);
    for (const auto& sink : sinks) {
      running(*sink);
      const std::uint64_t head = services.hub.head(), here = sink->acknowledged();
      services.metrics
          .gauge("bus_sink_lag_events", "Positions of the log that the sink has still to look at.",
                 {{"sink", sink->name()}})
          .set(head > here ? static_cast<double>(head - here) : 0);
    }
  });
}

template <class Each>
void Manager::Impl::stop(const std::vector<std::shared_ptr<Each>>& instances) {
  for (const auto& instance : instances) instance->begin_stop();
  for (const auto& instance : instances) instance->finish_stop();
}

PluginStatus Manager::Impl::status_of(const Catalog::Entry& entry) const {
  PluginStatus out;
  out.name = entry.name;
  out.path = entry.path;
  out.state = {State::off, "not configured", {}};
  out.trust = entry.trust;
  if (!entry.why.empty()) out.state.reason += "; " + entry.why;
  if (entry.plugin != nullptr) {
    out.plugin = entry.plugin->descriptor.name;
    out.role = bus::plugin::name(entry.plugin->descriptor.role);
    out.version = entry.plugin->descriptor.version;
    out.summary = entry.plugin->descriptor.summary;
    out.sha256 = entry.plugin->sha256;
  } else if (entry.tried) {
    out.state = {State::failed, text_of(entry.failure), {}};
  }
  return out;
}

std::string Manager::Impl::trust_of(std::string_view plugin) const {
  const auto found = catalog.entries().find(plugin);
  return found == catalog.entries().end() ? std::string() : found->second.trust;
}

std::string installed_plugin_folder() {
  std::error_code failure;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (failure) return {};
  return (program.parent_path().parent_path() / "lib" / "bus" / "plugins").string();
}

Manager::Manager(HostServices services, const config::Settings& settings, const Folders& folders)
    : impl_(std::make_unique<Impl>(std::move(services), settings, folders)) {}

Manager::~Manager() {
  stop_sources();
  stop_sinks();
}

void Manager::start_all() {
  if (impl_->started) return;
  impl_->started = true;
  for (const auto& sink : impl_->sinks) sink->create();
  for (const auto& source : impl_->sources) source->create();
  for (const auto& sink : impl_->sinks) sink->await_created(kCreateGrace);
  for (const auto& source : impl_->sources) source->await_created(kCreateGrace);
  for (const auto& sink : impl_->sinks) sink->start();
  for (const auto& source : impl_->sources) source->start();
  const auto deadline = std::chrono::steady_clock::now() + kStartGrace;
  for (const auto& source : impl_->sources) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    source->await_started(std::max(left, milliseconds(0)));
  }
}

void Manager::stop_sources() {
  if (std::exchange(impl_->sources_stopped, true)) return;
  impl_->stop(impl_->sources);
}

void Manager::stop_sinks() {
  if (std::exchange(impl_->sinks_stopped, true)) return;
  impl_->stop(impl_->sinks);
}

std::vector<PluginStatus> Manager::status() const {
  std::vector<PluginStatus> all;
  for (const auto& source : impl_->sources) all.push_back(source->status());
  for (const auto& sink : impl_->sinks) all.push_back(sink->status());
  all.insert(all.end(), impl_->failed.begin(), impl_->failed.end());
  for (PluginStatus& one : all) one.trust = impl_->trust_of(one.plugin);
  const std::size_t instances = all.size();
  for (const auto& [name, entry] : impl_->catalog.entries()) {
    bool used = false;
    for (std::size_t i = 0; i < instances; ++i) used = used || all[i].plugin == name;
    if (!used) all.push_back(impl_->status_of(entry));
  }
  for (const Catalog::Entry& entry : impl_->catalog.hidden()) all.push_back(impl_->status_of(entry));
  return all;
}

bool Manager::is_source(std::string_view name) const {
  for (const auto& source : impl_->sources) {
    if (source->plugin().descriptor.name == name) return true;
  }
  return false;
}

void Manager::deliver_intake(std::string_view source, std::string message, ingest::Durability durability,
                             IntakeDone done) {
  for (const auto& instance : impl_->sources) {
    if (instance->name() == source) return instance->deliver(std::move(message), durability, std::move(done));
  }
  for (const PluginStatus& one : impl_->failed) {
    if (one.name != source || one.role != "source") continue;
    return done(error(Code::unavailable, "source '" + one.name + "' has failed: " + one.state.reason));
  }
  done(error(Code::not_found, "there is no source '" + std::string(source) + "'",
             "bus sources lists those there are"));
}

void Manager::redeliver(std::string_view sink, std::vector<std::uint64_t> ids, RedeliveryDone done) {
  for (const auto& instance : impl_->sinks) {
    if (instance->name() == sink) return instance->redeliver(std::move(ids), std::move(done));
  }
  std::vector<Redelivered> outcomes;
  outcomes.reserve(ids.size());
  for (const std::uint64_t id : ids) {
    outcomes.push_back(
        {id, error(Code::not_found, "no sink '" + std::string(sink) + "' runs",
                   "configure it again, or drop the letter: bus dead drop " + std::to_string(id))});
  }
  done(std::move(outcomes));
}

void Manager::resume(std::string_view sink, std::function<void(Status)> done) {
  for (const auto& instance : impl_->sinks) {
    if (instance->name() == sink) return instance->resume(std::move(done));
  }
  for (const PluginStatus& one : impl_->failed) {
    if (one.name == sink && one.role == "sink")
      return done(error(Code::unavailable, "sink '" + one.name + "' could not be made: " + one.state.reason,
                        "mend its settings, and start bus again"));
  }
  done(error(Code::not_found, "there is no sink '" + std::string(sink) + "'",
             "bus sinks lists those there are"));
}

}  // namespace bus::plugin
