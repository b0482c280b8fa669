#include "core/plugin/instance.h"

#include <chrono>
#include <exception>
#include <functional>
#include <thread>

#include "core/base/text.h"
#include "core/plugin/fd_events.h"
#include "core/plugin/host_api.h"
#include "core/plugin/isolated.h"

namespace bus::plugin {
namespace {

constexpr microseconds kProgramGrace{2'000'000};  // at stop; well within HostServices::stop_grace

constexpr milliseconds kAfterKill{5'000};  // for a thread whose plugin's process was killed

constexpr std::size_t kLongestReason = 512;  // bytes

Error stopped() {
  return error(Code::stopping, "the instance has stopped");
}

State state_of(std::int32_t health) {
  switch (health) {
    case BUS_HEALTH_OK:
      return State::ok;
    case BUS_HEALTH_RETRYING:
      return State::retrying;
    case BUS_HEALTH_WAITING:
      return State::waiting;
    case BUS_HEALTH_IDLE:
      return State::idle;
    case BUS_HEALTH_DEGRADED:
      return State::degraded;
    default:
      return State::failed;
  }
}

std::uint32_t seed_of(const std::string& name) {
  return static_cast<std::uint32_t>(std::hash<std::string>{}(name));
}

}  // namespace

Instance::Instance(const HostServices& services, std::shared_ptr<const Plugin> plugin, std::string name,
                   Options options)
    : counters_(services.metrics, name, plugin->descriptor.role == Role::sink),
      state_(services.metrics, name, services.clock),
      backoff_(seed_of(name)),
      services_(services),
      plugin_(std::move(plugin)),
      name_(std::move(name)),
      options_(std::move(options)),
      secrets_(services.secrets),
      metrics_(services.metrics, plugin_->descriptor.name),
      owner_(std::string(bus::plugin::name(plugin_->descriptor.role)) + ":" + name_),
      programs_(runner_, *services.spawner, services.clock, [this](auto bound) { hit_bound(bound); }),
      requests_(runner_, *services_.outbound, [this](auto bound) { hit_bound(bound); }),
      streams_(runner_, *services_.outbound, [this](auto bound) { hit_bound(bound); }),
      relays_(runner_, [this](auto bound) { hit_bound(bound); }),
      runner_("bus-" + name_, services.clock, loop::Runner::Bounds{.watches = BUS_FD_MAX_WATCHES}) {
  host_ = make_host_table(*this);
  if (plugin_->child != nullptr)
    isolated_ = std::make_unique<Isolated>(*this, plugin_->child, plugin_->confinement);
}

Instance::~Instance() = default;

void Instance::create(bool own_thread) {
  if (own_thread) runner_.start();
  runner_.post("create", [self = shared_from_this()] { self->run_create(); });
}

void Instance::run_create() {
  const Status made = make(&host_);
  made_ = made.ok();
  if (!made && isolated_ != nullptr && made.error().code == Code::unavailable) {
    // Its process did not get that far: another may.
    try_again(made.error(), microseconds(0), "create", [this] {
      run_create();
      if (made_ && start_asked_) run_start();
    });
  } else if (!made) {
    set_state(State::failed, made.error().message);
  }
  reach(Progress::created);
}

void Instance::reach(Progress progress) {
  MutexLock lock(progress_mutex_);
  progress_ = progress;
  progressed_.notify_all();
}

bool Instance::await(Progress progress, milliseconds longest) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  MutexLock lock(progress_mutex_);
  while (progress_ < progress && progressed_.wait_until(progress_mutex_, deadline)) {
  }
  return progress_ >= progress;
}

void Instance::start() {
  runner_.post("start", [self = shared_from_this()] {
    self->run_start();
    self->reach(Progress::started);
  });
}

void Instance::run_start() {
  start_asked_ = true;
  if (!made_) return;
  emitting_.store(true);
  active_ = true;
  state_.report(State::starting, {});
  const Status opened = open();
  if (opened) {
    backoff_.reset();
    // The plugin may have said otherwise in its start already.
    if (state_.read().state == State::starting) state_.report(State::ok, {});
    return;
  }
  emitting_.store(false);
  drop_helpers();
  const Error& why = opened.error();
  if (why.retryable() || why.code == Code::denied) {
    try_again(why, microseconds(0), "start", [this] { run_start(); });
  } else {
    set_state(State::failed, why.message);
  }
}

void Instance::try_again(const Error& why, microseconds least, std::string_view what,
                         std::function<void()> again) {
  const microseconds pause = std::max(least, backoff_.next());
  state_.report(why.code == Code::denied ? State::waiting : State::retrying, why.message);
  trouble_.note(why.message, services_.clock.now(), services_.clock.now() + pause);
  services_.log.write(log::Level::warning, "plugin is not ready; trying again",
                      {{"plugin", name_}, {"reason", why.message}, {"in_ms", pause.count() / 1000}});
  runner_.arm(services_.clock.monotonic() + pause, microseconds(0), what,
              [again = std::move(again)](loop::Runner::TimerId) { again(); });
}

void Instance::restart(const Error& why, microseconds pause) {
  if (!made_ || !active_) return;
  emitting_.store(false);
  drop_helpers();
  interrupted();
  try_again(why, pause, "start", [this] { run_start(); });
}

void Instance::count_end(std::string_view kind, std::string_view text) {
  services_.log.write(log::Level::error, "plugin's process has ended",
                      {{"plugin", name_}, {"kind", kind}, {"reason", text}});
  services_.metrics
      .counter("bus_plugin_process_ends_total", "Processes of plugins that came to their end unasked.",
               {{"plugin", name_}, {"kind", std::string(kind)}})
      .add(1);
}

void Instance::begin_stop() {
  state_.set(State::stopping, {});
  if (isolated_ != nullptr) isolated_->hurry();
  close_doors();
  runner_.post("stop", [self = shared_from_this()] { self->run_stop(); });
}

// Nothing that the plugin has running at the host's calls back any more.
void Instance::silence_helpers() {
  active_ = false;
  runner_.cancel_all();
  requests_.cancel_all();
  streams_.cancel_all();
  relays_.forget_all();
}

// And nothing of it is there any more.
void Instance::drop_helpers() {
  silence_helpers();
  programs_.stop_all(kProgramGrace);
}

void Instance::hit_bound(std::string_view bound) {
  services_.metrics
      .counter("bus_plugin_bounds_total", "Times a plugin hit a bound of what the host does for it.",
               {{"plugin", name_}, {"bound", std::string(bound)}})
      .add(1);
}

Status Instance::check_active() const {
  if (!runner_.on_thread()) return error(Code::invalid, "only on the instance's own thread");
  if (!active_) return error(Code::stopping, "only between start and stop");
  return Ok{};
}

void Instance::run_stop() {
  start_asked_ = false;
  silence_helpers();
  if (made_) shut();
  drop_helpers();
  emitting_.store(false);
  gate_.close();
  if (made_) drop();
  made_ = false;
  state_.set(State::stopped, {});
}

bool Instance::finish_stop() {
  if (runner_.await_end(services_.stop_grace)) return runner_.stop(milliseconds(0));
  const auto busy = runner_.current();
  const std::string late = "did not come back from '" + std::string(busy ? busy->what : "a call") + "'";
  programs_.kill_all();
  // What the thread of an isolated one waits for ends with its process.
  if (isolated_ != nullptr) isolated_->kill();
  const bool ended = isolated_ != nullptr && runner_.await_end(kAfterKill);
  if (!ended) given_up_.store(true);
  (void)runner_.stop(milliseconds(0));
  gate_.close();
  set_state(State::failed, late + (ended ? ", and its process was killed" : " and was left"));
  return false;
}

std::int32_t Instance::call(const std::function<std::int32_t()>& into_plugin) {
  counters_.add(Counters::Which::calls);
  std::int32_t code = BUS_FAULT;
  try {
    code = into_plugin();
  } catch (const std::exception& thrown) {
    note_thrown(thrown.what());
  } catch (...) {
    note_thrown("of a type of its own");
  }
  // The host gave this plugin up while it was in here. Its library must not run on, and a thread cannot be
  // ended from outside, so the thread stays here, without a tick that matters, until the process ends.
  while (given_up_.load()) std::this_thread::sleep_for(std::chrono::hours(1));
  if (code != BUS_OK && code != BUS_LATER) counters_.add(Counters::Which::errors);
  return code;
}

// The C++ layer of the SDK lets none out. What others let out may have left anything behind.
void Instance::note_thrown(std::string_view what) {
  thrown_ = "it threw an exception (" + printable(to_utf8(cut_utf8(what, kLongestReason))) + ")";
  services_.log.write(log::Level::error, "plugin threw an exception at the host",
                      {{"plugin", name_}, {"reason", thrown_}});
  state_.report(State::degraded, thrown_);
}

Status Instance::call_with_error(const std::function<std::int32_t(bus_error*)>& into_plugin) {
  bus_error failure = empty_error();
  thrown_.clear();
  const std::int32_t code = call([&] { return into_plugin(&failure); });
  if (code == BUS_OK) return Ok{};
  if (!thrown_.empty()) return error(Code::fault, thrown_);
  return error_of(code, failure);
}

void Instance::set_state(State state, const std::string& reason) {
  if (!state_.set(state, reason)) return;
  if (state == State::failed)
    services_.log.write(log::Level::error, "plugin failed", {{"plugin", name_}, {"reason", reason}});
}

PluginStatus Instance::status() const {
  PluginStatus out;
  const Descriptor& descriptor = plugin_->descriptor;
  out.name = name_;
  out.plugin = descriptor.name;
  out.role = bus::plugin::name(descriptor.role);
  out.version = descriptor.version;
  out.summary = descriptor.summary;
  out.path = plugin_->path;
  out.sha256 = plugin_->sha256;
  if (stamp_of(plugin_->path) != plugin_->stamp)
    out.add_hint("its file has changed since it was loaded; the next start takes the file as it is then");
  out.state = state_.read();
  out.trouble = trouble_.read();
  if (out.state.state != State::retrying && out.state.state != State::waiting) out.trouble.next = {};
  if (const auto running = runner_.current()) {
    out.busy = running->what;
    out.busy_for = running->running;
  }
  out.queued = runner_.waiting();
  out.isolation = isolated_ != nullptr ? "process" : "host";
  if (isolated_ != nullptr) {
    out.child = isolated_->status();
    if (!out.child->sandbox.empty()) out.add_hint(weakness_of(out.child->sandbox));
  }
  out.figures = counters_.read();
  return out;
}

Result<Relays::Id> Instance::relay(http::Request&, const Relays::Answered&) {
  return error(Code::invalid, "only a source has routes to pass requests to");
}

Status Instance::deliver_answered(std::int32_t, const bus_delivery&) {
  return error(Code::invalid, "only a sink has batches to answer for");
}

Status Instance::deliver_progressed(std::size_t) {
  return error(Code::invalid, "only a sink has batches to answer for");
}

void Instance::write_log(std::int32_t level, std::string_view message) {
  const auto pass = enter();
  if (!pass) return;
  const log::Level known = level <= BUS_LOG_DEBUG     ? log::Level::debug
                           : level == BUS_LOG_INFO    ? log::Level::info
                           : level == BUS_LOG_WARNING ? log::Level::warning
                                                      : log::Level::error;
  if (services_.log.enabled(known)) services_.log.write(known, message, {{"plugin", name_}});
}

void Instance::report(std::int32_t health, std::string_view reason) {
  const auto pass = enter();
  if (!pass) return;
  const State state = state_of(health);
  const std::string text = printable(cut_utf8(reason, kLongestReason));
  if (!state_.report(state, text)) return;
  const bool well = state == State::ok || state == State::idle;
  services_.log.write(well ? log::Level::info : log::Level::warning, "plugin says how it is",
                      {{"plugin", name_}, {"state", bus::plugin::name(state)}, {"reason", text}});
}

std::size_t Instance::setting_count(std::string_view option) {
  const auto found = options_.find(option);
  if (found == options_.end()) return 0;
  if (!found->second.secret) return found->second.texts.size();
  const auto pass = enter();
  return pass ? secrets_.read(found->second.texts[0]).size() : 0;
}

Status Instance::setting_text(std::string_view option, std::size_t index, bus_text& value) {
  const auto found = options_.find(option);
  if (found == options_.end()) return error(Code::invalid, "not set");
  const OptionValue& set = found->second;
  if (!set.secret) {
    if (index >= set.texts.size()) return error(Code::invalid, "no such value");
    value = text_of(set.texts[index]);
    return Ok{};
  }
  const auto pass = enter();
  if (!pass) return stopped();
  const auto values = secrets_.read(set.texts[0]);
  if (index >= values.size()) return error(Code::invalid, "the secret is not set");
  value = text_of(values[index]);
  return Ok{};
}

Status Instance::setting_int(std::string_view option, std::int64_t& value) {
  const auto found = options_.find(option);
  if (found == options_.end() || !found->second.number) return error(Code::invalid, "not set, or no number");
  value = *found->second.number;
  return Ok{};
}

Result<loop::Runner::TimerId> Instance::arm(std::uint64_t delay_us, std::uint64_t period_us,
                                            void (*fire)(void*, std::uint64_t), void* argument) {
  if (Status good = check_timer(runner_, delay_us, period_us); !good) return std::move(good).error();
  const Mono due = services_.clock.monotonic() + microseconds(delay_us);
  const loop::Runner::TimerId id =
      runner_.arm(due, microseconds(period_us), "timer", [=, this](loop::Runner::TimerId timer) {
        call([=] {
          fire(argument, timer);
          return std::int32_t{BUS_OK};
        });
      });
  if (id == 0) return error(Code::invalid, "an instance may have 1,024 timers at most");
  return id;
}

Result<std::optional<std::string>> Instance::value(std::string_view key) {
  const auto pass = enter();
  if (!pass) return stopped();
  if (key.empty() || key.size() > BUS_STATE_MAX_KEY) return error(Code::invalid, "a key has 1 to 256 bytes");
  return services_.store.value(owner_, key);
}

Status Instance::save_value(std::string_view key, std::optional<std::string_view> value) {
  const auto pass = enter();
  if (!pass) return stopped();
  if (key.empty() || key.size() > BUS_STATE_MAX_KEY) return error(Code::invalid, "a key has 1 to 256 bytes");
  if (value && value->size() > BUS_STATE_MAX_VALUE) return error(Code::invalid, "a value has 64 KiB at most");
  return services_.store.save_value(owner_, key, value);
}

}  // namespace bus::plugin
