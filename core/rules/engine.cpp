#include "core/rules/engine.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>
#include <utility>

#include "core/base/file.h"
#include "core/base/mutex.h"
#include "core/base/text.h"
#include "core/config/loader.h"
#include "core/process/scope.h"
#include "core/rules/about_rules.h"
#include "core/rules/rule_set.h"

namespace bus::rules {
namespace {

// An editor writes a file in several steps.
constexpr milliseconds kSettle{50};
constexpr std::uint32_t kFileChanges =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_ONLYDIR;
// Each run has a timer, a pidfd and two pipes.
constexpr loop::Runner::Bounds kBounds{.jobs = 4096, .timers = 100'000, .watches = 100'000};

Error no_rule(std::string_view name) {
  return error(Code::not_found, "no rule '" + printable(name) + "'", "see: bus rules list");
}

Error stopping() {
  return error(Code::stopping, "the host is stopping", "try again when it is back");
}

}  // namespace

struct Engine::Impl {
  explicit Impl(Surroundings given)
      : at(std::move(given)),
        runner("bus-rules", at.clock, kBounds),
        scopes(runner),
        jobs(runner, at.spawner, at.clock, &scopes),
        shared{at, runner, jobs, Slots(at.max_runs), {}, process::own_environment()},
        set(shared),
        foreground(at, runner, shared.lineage) {}

  void open();
  void watch_folder();
  void changed();
  void load();
  void note_troubles();
  // Runs `work` on the rules' thread, and answers with what it says.
  void answer(const Done& done, std::function<Result<std::string>()> work);
  Result<std::string> add(const NewRule& rule);
  Result<std::string> remove(const std::string& name);
  Result<std::string> enable(const std::string& name, bool enabled);
  Result<std::string> show(const std::string& name);
  std::string path_of(std::string_view name) const {
    return at.rules_folder + "/" + std::string(name) + ".toml";
  }

  Surroundings at;
  loop::Runner runner;
  process::Scopes scopes;
  process::Jobs jobs;
  Shared shared;
  RuleSet set;
  Foreground foreground;
  Tables tables;  // the rules' thread
  UniqueFd changes;
  loop::Runner::TimerId reload_timer = 0;
  bool stopped = false;  // of who calls stop()

  mutable Mutex mutex;
  std::vector<std::string> troubles BUS_GUARDED_BY(mutex);
};

void Engine::Impl::open() {
  if (Status made = make_private_folder(at.rules_folder); !made) at.warn(made.error().message);
  watch_folder();
  load();
  foreground.open();
}

void Engine::Impl::watch_folder() {
  changes.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!changes || ::inotify_add_watch(changes.get(), at.rules_folder.c_str(), kFileChanges) < 0) {
    at.warn("changes in " + at.rules_folder + " are not noticed: " + system_error("inotify", errno).message);
    return;
  }
  (void)runner.watch(changes.get(), EPOLLIN, "rules", [this](auto, std::uint32_t) { changed(); });
}

void Engine::Impl::changed() {
  std::array<char, 4096> ignored{};
  while (::read(changes.get(), ignored.data(), ignored.size()) > 0) {
  }
  if (reload_timer != 0) return;
  reload_timer = runner.arm(at.clock.monotonic() + kSettle, microseconds(0), "rules", [this](auto) {
    reload_timer = 0;
    load();
  });
}

void Engine::Impl::load() {
  set.load(tables);
  note_troubles();
}

void Engine::Impl::note_troubles() {
  std::vector<std::string> all = set.problems();
  for (const auto& [name, entry] : set.entries()) {
    std::string why = !entry.wrong.empty() ? entry.wrong : entry.trouble;
    if (why.empty() && entry.worker) why = entry.worker->trouble();
    if (!why.empty()) all.push_back(std::string("rule ").append(name).append(": ").append(why));
  }
  MutexLock lock(mutex);
  troubles = std::move(all);
}

void Engine::Impl::answer(const Done& done, std::function<Result<std::string>()> work) {
  const bool taken = runner.post("rules", [done, work = std::move(work)] { done(work()); });
  if (!taken) done(stopping());
}

Result<std::string> Engine::Impl::add(const NewRule& rule) {
  const std::string path = path_of(rule.name);
  config::RuleFile file = config::read_rule_text(rule.name, path, rule.toml);
  if (file.problems.empty()) (void)read_rule(rule.name, file.table, file.problems);
  if (!file.problems.empty()) return error(Code::invalid, config::to_error(file.problems).message);
  const RuleSet::Entry* known = set.find(rule.name);
  if (known != nullptr && !known->in_file)
    return error(Code::conflict, "rule '" + rule.name + "' is in the configuration file", "change it there");
  if (known != nullptr && !rule.replace)
    return error(Code::conflict, "there is a rule '" + rule.name + "' already",
                 "bus rules add --replace, or remove it first");
  if (known == nullptr) {
    // What is left of one that was removed while the host was not there.
    if (Status ended = at.store.rule_book().end_rule(rule.name);
        !ended && ended.error().code != Code::not_found) {
      return std::move(ended).error();
    }
    if (Status begun = at.store.rule_book().begin_rule(rule.name, rule.since); !begun)
      return std::move(begun).error();
  }
  if (Status written = replace_file(path, rule.toml); !written) return std::move(written).error();
  load();
  return show(rule.name);
}

Result<std::string> Engine::Impl::remove(const std::string& name) {
  const RuleSet::Entry* known = set.find(name);
  if (known == nullptr) return no_rule(name);
  if (!known->in_file)
    return error(Code::conflict, "rule '" + name + "' is in the configuration file", "remove it there");
  if (::unlink(path_of(name).c_str()) != 0 && errno != ENOENT) return system_error(path_of(name), errno);
  load();
  return std::string("{}");
}

Result<std::string> Engine::Impl::enable(const std::string& name, bool enabled) {
  const RuleSet::Entry* known = set.find(name);
  if (known == nullptr) return no_rule(name);
  if (!known->in_file)
    return error(Code::conflict, "rule '" + name + "' is in the configuration file", "set 'enabled' there");
  const auto text = read_file(path_of(name), config::kMaxFile);
  if (!text) return text.error();
  if (Status written = replace_file(path_of(name), with_enabled(*text, enabled)); !written)
    return std::move(written).error();
  load();
  return show(name);
}

Result<std::string> Engine::Impl::show(const std::string& name) {
  const RuleSet::Entry* known = set.find(name);
  if (known == nullptr) return no_rule(name);
  return rule_json(*known, at, true);
}

Engine::Engine(Surroundings surroundings) : impl_(std::make_unique<Impl>(std::move(surroundings))) {}

Engine::~Engine() {
  stop();
}

void Engine::start(Tables tables) {
  impl_->runner.start();
  impl_->runner.post("rules", [impl = impl_.get(), tables = std::move(tables)]() mutable {
    impl->tables = std::move(tables);
    impl->open();
  });
}

void Engine::reload(Tables tables) {
  impl_->runner.post("rules", [impl = impl_.get(), tables = std::move(tables)]() mutable {
    impl->tables = std::move(tables);
    impl->load();
  });
}

void Engine::stop() {
  if (std::exchange(impl_->stopped, true)) return;
  auto idle = std::make_shared<std::promise<void>>();
  auto all_idle = idle->get_future();
  const bool taken = impl_->runner.post(
      "rules", [impl = impl_.get(), idle] { impl->set.close([idle] { idle->set_value(); }); });
  constexpr seconds kMore{5};
  if (taken && all_idle.wait_for(impl_->at.stop_grace + kMore) != std::future_status::ready)
    impl_->jobs.kill_all();
  // The helpers of the thread go with it.
  impl_->runner.post("rules", [impl = impl_.get()] {
    impl->runner.cancel_all();
    impl->jobs.stop_all(microseconds(0));
  });
  (void)impl_->runner.stop(milliseconds(15'000));
}

void Engine::save_positions() {
  auto saved = std::make_shared<std::promise<void>>();
  auto done = saved->get_future();
  const bool taken = impl_->runner.post("rules", [impl = impl_.get(), saved] {
    impl->set.save_positions();
    saved->set_value();
  });
  if (taken) (void)done.wait_for(seconds(5));
}

std::vector<std::string> Engine::troubles() const {
  MutexLock lock(impl_->mutex);
  return impl_->troubles;
}

void Engine::list(const Done& done) {
  impl_->answer(done, [impl = impl_.get()] { return rules_json(impl->set, impl->at); });
}

void Engine::show(std::string name, const Done& done) {
  impl_->answer(done, [impl = impl_.get(), name = std::move(name)] { return impl->show(name); });
}

void Engine::add(NewRule rule, const Done& done) {
  impl_->answer(done, [impl = impl_.get(), rule = std::move(rule)] { return impl->add(rule); });
}

void Engine::remove(std::string name, const Done& done) {
  impl_->answer(done, [impl = impl_.get(), name = std::move(name)] { return impl->remove(name); });
}

void Engine::enable(std::string name, bool enabled, const Done& done) {
  impl_->answer(
      done, [impl = impl_.get(), name = std::move(name), enabled] { return impl->enable(name, enabled); });
}

void Engine::explain(std::string name, std::uint64_t seq, const Done& done) {
  impl_->answer(done, [impl = impl_.get(), name = std::move(name), seq]() -> Result<std::string> {
    const RuleSet::Entry* known = impl->set.find(name);
    if (known == nullptr) return no_rule(name);
    return explain_match(*known, impl->at, seq);
  });
}

void Engine::test(std::string name, std::string event, const Done& done) {
  impl_->answer(
      done, [impl = impl_.get(), name = std::move(name), event = std::move(event)]() -> Result<std::string> {
        const RuleSet::Entry* known = impl->set.find(name);
        if (known == nullptr) return no_rule(name);
        return test_rule(*known, impl->shared, event);
      });
}

void Engine::trigger(std::string name, std::uint64_t seq, const Done& done) {
  impl_->answer(done, [impl = impl_.get(), name = std::move(name), seq]() -> Result<std::string> {
    const RuleSet::Entry* known = impl->set.find(name);
    if (known == nullptr) return no_rule(name);
    if (!known->worker)
      return error(Code::conflict, "rule '" + name + "' does not run",
                   known->rule.enabled ? known->wrong : "bus rules enable " + name);
    const auto record = impl->at.store.find(seq);
    if (!record) return record.error();
    const auto task = known->worker->trigger(*record);
    if (!task) return task.error();
    std::string out;
    json::Writer(out).begin_object().member("task", *task).end_object();
    return out;
  });
}

void Engine::foreground(Foreground::Client client, ForegroundReport report, const Done& done) {
  const bool taken = impl_->runner.post(
      "foreground", [impl = impl_.get(), client, report = std::move(report), done]() mutable {
        impl->foreground.report(client, std::move(report), done);
      });
  if (!taken) done(stopping());
}

void Engine::foreground_gone(Foreground::Client client) {
  impl_->runner.post("foreground", [impl = impl_.get(), client] { impl->foreground.client_gone(client); });
}

}  // namespace bus::rules
