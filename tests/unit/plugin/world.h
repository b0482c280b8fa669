// Everything that a plugin instance needs of the host: the real store, ingest and hub in a temporary folder,
// and routes that a test calls directly.
#pragma once

#include <fcntl.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/auth/secrets.h"
#include "core/base/file.h"
#include "core/base/mutex.h"
#include "core/base/unique_fd.h"
#include "core/fanout/hub.h"
#include "core/ingest/ingest.h"
#include "core/json/reader.h"
#include "core/log/log.h"
#include "core/metrics/registry.h"
#include "core/plugin/loader.h"
#include "core/plugin/options.h"
#include "core/plugin/services.h"
#include "core/plugin/trust.h"
#include "core/store/sqlite_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace bus::testing {

// Keeps the first answer, and forgets whoever answers too late.
class FakeReply final : public http::Reply {
 public:
  bool send(http::Response response) override {
    MutexLock lock(mutex_);
    if (!awaited_) return false;
    awaited_ = false;
    response_ = std::move(response);
    answered_.notify_all();
    return true;
  }
  bool is_awaited() const override {
    MutexLock lock(mutex_);
    return awaited_;
  }
  http::Response wait(milliseconds longest) {
    const auto deadline = std::chrono::steady_clock::now() + longest;
    MutexLock lock(mutex_);
    while (awaited_ && answered_.wait_until(mutex_, deadline)) {
    }
    if (std::exchange(awaited_, false)) return http::refuse(503, "timeout", "too late");
    return response_;
  }

 private:
  mutable Mutex mutex_;
  CondVar answered_;
  bool awaited_ BUS_GUARDED_BY(mutex_) = true;
  http::Response response_ BUS_GUARDED_BY(mutex_);
};

class FakeRoutes final : public plugin::Routes {
 public:
  Result<std::uint64_t> add(http::Route route) override {
    MutexLock lock(mutex_);
    const std::string name = route.method + " " + route.path;
    if (by_name_.count(name) != 0) return error(Code::conflict, "taken");
    by_name_[name] = ++last_;
    routes_[last_] = std::move(route);
    return last_;
  }
  void remove(std::uint64_t id) override {
    MutexLock lock(mutex_);
    routes_.erase(id);
    std::erase_if(by_name_, [id](const auto& entry) { return entry.second == id; });
  }
  std::size_t size() const {
    MutexLock lock(mutex_);
    return routes_.size();
  }
  // Calls the handler of "POST /path" and waits for its answer, as long as the route's patience lasts; 404 if
  // there is none.
  http::Response send(const std::string& name, std::string body,
                      const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    http::LaterHandler handler;
    milliseconds patience{};
    http::Request request;
    {
      MutexLock lock(mutex_);
      const auto found = by_name_.find(name);
      if (found == by_name_.end()) return http::refuse(404, "not_found", "no such route");
      handler = routes_[found->second].later;
      patience = routes_[found->second].patience;
    }
    const auto space = name.find(' ');
    request.method = std::string_view(name).substr(0, space);
    request.path = std::string_view(name).substr(space + 1);
    request.body = std::move(body);
    for (const auto& [key, value] : headers) request.headers.push_back({key, value});
    const auto reply = std::make_shared<FakeReply>();
    handler(request, reply);
    return reply->wait(patience);
  }

 private:
  mutable Mutex mutex_;
  std::map<std::uint64_t, http::Route> routes_ BUS_GUARDED_BY(mutex_);
  std::map<std::string, std::uint64_t> by_name_ BUS_GUARDED_BY(mutex_);
  std::uint64_t last_ BUS_GUARDED_BY(mutex_) = 0;
};

struct World {
  World() {
    EXPECT_TRUE(make_private_folder(folder / "secrets").ok());
    auto opened = store::open_sqlite(folder.path(), clock);
    if (!opened) throw std::runtime_error(opened.error().message);
    store = std::move(*opened);
    hub = std::make_unique<fanout::Hub>(*store, metrics);
    ingest = std::make_unique<ingest::Ingest>(*store, *hub, metrics);
    log_options.fd = dev_null.get();
    log = std::make_unique<log::Logger>(log_options, clock);
  }
  ~World() { ingest->stop(); }

  plugin::HostServices services() {
    plugin::HostServices all{*ingest, *hub, *store, &routes, metrics, clock, *log, secrets};
    all.home = "/home/somebody";
    all.program = BUS_TEST_PROGRAM;
    return all;
  }

  // Everything in the log, as its JSON form.
  std::vector<std::string> events() {
    std::vector<std::string> all;
    auto page = store->read(0, 1000, 1 << 20);
    if (!page) return all;
    for (const auto& record : page->records) all.push_back(record->json.text);
    return all;
  }
  // Stores events of some other source with these keys.
  void emit(const std::vector<std::string>& keys) {
    std::vector<store::NewEvent> events(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      events[i].event.source = "other";
      events[i].event.type = "note";
      events[i].event.time = clock.now();
      events[i].event.key = keys[i];
    }
    for (const auto& answer : ingest->append(std::move(events), ingest::Durability::commit)) {
      EXPECT_TRUE(answer.ok()) << answer.error().message;
    }
  }

  TempFolder folder;
  FakeClock clock;
  metrics::Registry metrics;
  FakeRoutes routes;
  UniqueFd dev_null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  log::Options log_options;
  auth::SecretStore secrets{folder / "secrets"};
  std::unique_ptr<log::Logger> log;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<fanout::Hub> hub;
  std::unique_ptr<ingest::Ingest> ingest;
};

inline std::string test_plugin(const std::string& name) {
  return std::string(BUS_TEST_PLUGINS) + "/" + name + ".so";
}

// Makes the user trust this library.
inline void trust(const std::string& trust_file, const std::string& library) {
  const auto file = plugin::pass_gate(library);
  ASSERT_TRUE(file.ok()) << file.error().message;
  plugin::Pin pin;
  pin.name = library.substr(library.rfind('/') + 1);
  pin.path = library;
  pin.sha256 = file->sha256;
  ASSERT_TRUE(plugin::TrustStore(trust_file).add(pin).ok());
}

// Its library runs in a process of its own.
inline std::shared_ptr<const plugin::Plugin> load_isolated_plugin(const std::string& name,
                                                                  const plugin::Confinement& bounds) {
  auto loaded = plugin::load_isolated(test_plugin(name), BUS_TEST_PROGRAM, process::system_spawner());
  EXPECT_TRUE(loaded.ok()) << (loaded ? "" : loaded.error().message);
  if (!loaded) return nullptr;
  auto confined = std::make_shared<plugin::Plugin>(**loaded);
  confined->confinement = bounds;
  return confined;
}

// With BUS_TEST_ISOLATION=process every test that only sees the plugin from outside runs it in a process of
// its own, which may do everything that can be allowed.
inline std::shared_ptr<const plugin::Plugin> load_test_plugin(const std::string& name) {
  const char* isolation = std::getenv("BUS_TEST_ISOLATION");
  if (isolation != nullptr && std::string_view(isolation) == "process") {
    plugin::Confinement all;
    all.allowed = {true, true, {::testing::TempDir()}};
    all.programs = true;
    return load_isolated_plugin(name, all);
  }
  auto loaded = plugin::load(test_plugin(name));
  EXPECT_TRUE(loaded.ok()) << (loaded ? "" : loaded.error().message);
  return loaded ? *loaded : nullptr;
}

// The plugin's options with these set.
inline plugin::Options options_of(const plugin::Plugin& plugin,
                                  const std::map<std::string, config::Value>& set = {}) {
  config::Table table;
  for (const auto& [key, value] : set) table.options[key] = {value, {}};
  auto options = plugin::check_options(plugin.descriptor, table, "the plugin", "/home/somebody");
  EXPECT_TRUE(options.ok()) << (options ? "" : options.error().message);
  return options ? *options : plugin::Options{};
}

}  // namespace bus::testing
