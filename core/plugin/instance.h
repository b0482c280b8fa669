// Instance: a running plugin. Its thread, its state, and what it may ask of the host.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/gate.h"
#include "core/loop/runner.h"
#include "core/plugin/backoff.h"
#include "core/plugin/convert.h"
#include "core/plugin/expressions.h"
#include "core/plugin/loader.h"
#include "core/plugin/options.h"
#include "core/plugin/plugin_metrics.h"
#include "core/plugin/programs.h"
#include "core/plugin/relays.h"
#include "core/plugin/requests.h"
#include "core/plugin/secret_values.h"
#include "core/plugin/services.h"
#include "core/plugin/state.h"
#include "core/plugin/streams.h"

namespace bus::plugin {

class Isolated;

// Life: create(), start(), begin_stop(), finish_stop(), each posted to the instance's thread, each at most
// once. Always held by a shared_ptr: a thread that never comes back keeps its instance.
class Instance : public std::enable_shared_from_this<Instance> {
 public:
  Instance(const HostServices& services, std::shared_ptr<const Plugin> plugin, std::string name,
           Options options);
  virtual ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // By the manager, on its thread.
  // Starts the thread and makes the plugin's instance. With `own_thread` false the caller runs
  // runner().step().
  void create(bool own_thread = true);
  // Waits until create has been done; false if that took longer.
  bool await_created(milliseconds longest) { return await(Progress::created, longest); }
  void start();
  // Waits until the first try to start has been made, well or not; false if that took longer.
  bool await_started(milliseconds longest) { return await(Progress::started, longest); }
  // Closes what brings calls in, and posts stop and destroy.
  void begin_stop();
  // Waits for the thread. False if the plugin did not come back in time: it is left alone, and every call of
  // it that still comes is answered with BUS_STOPPING.
  bool finish_stop();

  const std::string& name() const { return name_; }
  const Plugin& plugin() const { return *plugin_; }
  loop::Runner& runner() { return runner_; }
  const HostServices& services() const { return services_; }
  const Options& options() const { return options_; }
  virtual PluginStatus status() const;

  // What the plugin asks of the host; the C tables of host_api.h end here. Threads as in the SDK's headers.
  Status emit(const bus_event* events, std::size_t count, bus_receipt* receipts);
  // The same without waiting: `done` is called once, from any thread, with the overall answer and that for
  // each event (none if none was looked at). `more`: others come right behind, and can share a commit.
  using EmitDone = std::function<void(const Status&, const ingest::Answers&)>;
  void emit_later(const bus_event* events, std::size_t count, bool more, EmitDone done);
  Status post(const bus_event* events, std::size_t count);
  // An event was refused before it came here.
  void count_refused() { counters_.add(Counters::Which::refused); }
  void write_log(std::int32_t level, std::string_view message);
  void report(std::int32_t health, std::string_view reason);
  std::size_t setting_count(std::string_view option);
  Status setting_text(std::string_view option, std::size_t index, bus_text& value);
  Status setting_int(std::string_view option, std::int64_t& value);
  // Ok on the instance's thread between start and stop, where watches, programs and requests are made.
  Status check_active() const;
  Result<loop::Runner::TimerId> arm(std::uint64_t delay_us, std::uint64_t period_us,
                                    void (*fire)(void*, std::uint64_t), void* argument);
  Result<std::optional<std::string>> value(std::string_view key);
  Status save_value(std::string_view key, std::optional<std::string_view> value);
  PluginMetrics& plugin_metrics() { return metrics_; }
  Programs& programs() { return programs_; }
  Expressions& expressions() { return expressions_; }
  Requests& requests() { return requests_; }
  Streams& streams() { return streams_; }
  Relays& relays() { return relays_; }
  // A request to a route of its own, that the plugin has from elsewhere. [instance's thread]
  virtual Result<Relays::Id> relay(http::Request& request, const Relays::Answered& answered);
  // What a sink says of the batch for which its deliver returned BUS_LATER. Code::invalid: there is none.
  // [instance's thread]
  virtual Status deliver_answered(std::int32_t code, const bus_delivery& delivery);
  virtual Status deliver_progressed(std::size_t accepted);
  // The child process that its library runs in; null: it runs in this one.
  Isolated* isolated() { return isolated_.get(); }
  // That process has ended: everything of it is dropped, and after the pause it is started again.
  // [instance's thread]
  void restart(const Error& why, microseconds pause);
  void count_end(std::string_view kind, std::string_view text);
  // The plugin hit a bound of that name.
  void hit_bound(std::string_view bound);
  // Inside of it the services may be used; empty once the instance was left alone or has stopped.
  Gate::Pass enter() { return gate_.enter(); }

  // Runs one call into the plugin and counts it; what it throws is a BUS_FAULT. Does not return if the host
  // has given the instance up meanwhile: then nothing of the host may be there any more, and the thread
  // sleeps until the process ends. [instance's thread]
  std::int32_t call(const std::function<std::int32_t()>& into_plugin);

 protected:
  // Of the plugin's table, on the instance's thread. Each counts as a call.
  virtual Status make(const bus_host* host) = 0;  // create_source or create_sink
  virtual Status open() = 0;                      // start
  virtual void shut() = 0;                        // stop
  virtual void drop() = 0;                        // destroy
  virtual void close_doors() {}                   // on the manager's thread, before shut()
  virtual void interrupted() {}                   // it will be opened again, without having been shut

  // As call(), for those that report with a bus_error.
  Status call_with_error(const std::function<std::int32_t(bus_error*)>& into_plugin);

  // What post() collects between the two. [instance's thread]
  void begin_collecting();
  std::vector<store::NewEvent> end_collecting();

  void set_state(State state, const std::string& reason);
  // Tries `again` later, after a growing pause, at least `least`. Says why.
  void try_again(const Error& why, microseconds least, std::string_view what, std::function<void()> again);
  void count_answers(const ingest::Answers& answers);

  Counters counters_;
  StateBox state_;
  TroubleBox trouble_;
  Backoff backoff_;

 private:
  enum class Progress : std::uint8_t { none, created, started };
  void reach(Progress progress);
  bool await(Progress progress, milliseconds longest);

  void run_create();
  void run_start();
  void run_stop();
  void note_thrown(std::string_view what);
  void silence_helpers();
  void drop_helpers();
  Status check_started() const;
  Result<store::NewEvent> take(const bus_event& event);
  // What was handed in: the events that are acceptable, and for each that is not, why.
  struct Emission {
    std::vector<store::NewEvent> events;
    std::vector<std::optional<Error>> refusals;
  };
  Result<Emission> take_all(const bus_event* events, std::size_t count);
  ingest::Answers answers_of(std::vector<std::optional<Error>> refusals, ingest::Answers stored);

  const HostServices services_;
  const std::shared_ptr<const Plugin> plugin_;
  const std::string name_;
  const Options options_;
  SecretValues secrets_;
  PluginMetrics metrics_;
  bus_host host_{};
  std::string owner_;  // of its values in the store

  std::atomic<bool> emitting_{false};
  std::atomic<bool> given_up_{false};
  Gate gate_;
  std::optional<std::vector<store::NewEvent>> collected_;  // the instance's thread
  std::string thrown_;  // by the latest call that threw; the instance's thread

  Mutex progress_mutex_;
  CondVar progressed_;
  Progress progress_ BUS_GUARDED_BY(progress_mutex_) = Progress::none;
  bool made_ = false;         // the instance's thread
  bool start_asked_ = false;  // since when it is to be started as soon as it is made; the instance's thread
  bool active_ = false;       // between start and stop; the instance's thread

  Programs programs_;
  Expressions expressions_;
  Requests requests_;
  Streams streams_;
  Relays relays_;
  std::unique_ptr<Isolated> isolated_;
  loop::Runner runner_;  // last: its thread uses all of the above
};

}  // namespace bus::plugin
