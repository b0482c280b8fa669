// ChildHost: what a plugin's library sees of the host when it runs in a child process, and how the host's
// calls reach it. Timers, watched descriptors, expressions and forms are the child's own; everything else is
// asked of the host over the socket.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/plugin.h"
#include "core/base/mutex.h"
#include "core/loop/runner.h"
#include "core/plugin/child_forms.h"
#include "core/plugin/child_link.h"
#include "core/plugin/expressions.h"

namespace bus::plugin {

// Everything that is tagged is of the instance's thread; the rest is safe for concurrent use.
class ChildHost {
 public:
  // `patience`: how long a timer or a descriptor of the plugin's own may take before the process is ended.
  // `link` must outlive this.
  ChildHost(Link& link, Descriptor descriptor, microseconds patience);
  ~ChildHost();
  ChildHost(const ChildHost&) = delete;
  ChildHost& operator=(const ChildHost&) = delete;

  // Reads the socket and hands the host's calls to the instance's thread, until the host is gone. The exit
  // status of the process.
  int run();

  // What the tables ask for (child_api.cpp, child_helpers.cpp).
  const std::string& name() const { return name_; }
  const Descriptor& descriptor() const { return descriptor_; }
  const Options& options() const { return options_; }
  loop::Runner& runner() { return *runner_; }
  Expressions& expressions() { return expressions_; }
  std::uint32_t offers() const { return offers_; }
  // Ok on the instance's thread between start and stop.
  Status check_active() const;

  // A question, and its answer: the status that stands at its front, then the rest.
  struct Answer {
    std::string body;
    std::string_view rest;
  };
  Status ask(Frame frame, const Packer& question, Answer& answer);
  void tell(Frame frame, const Packer& words);

  Status emit(const bus_event* events, std::size_t count, bus_receipt* receipts);
  Status post(const bus_event* events, std::size_t count);  // [instance's thread]
  // The values of a secret option; the views live as long as this.
  std::vector<std::string_view> secret(const std::string& option);
  // Runs a callback of the plugin's own, that the host does not know of. [instance's thread]
  void call_locally(const std::function<void()>& into_plugin);

  // What the host tells of something that the plugin has begun, by the number that the host gave it.
  // [instance's thread]
  enum class Kind : std::uint8_t { request, stream, program, relay };
  using Heard = std::function<void(Frame, Unpacker&)>;
  void expect(Kind kind, std::uint64_t id, Heard heard) { heard_[{kind, id}] = std::move(heard); }
  void forget(Kind kind, std::uint64_t id) { heard_.erase({kind, id}); }
  void begin_program(std::uint64_t id, std::int32_t pid) { pids_[id] = pid; }
  std::int32_t program_pid(std::uint64_t id) const {
    const auto found = pids_.find(id);
    return found == pids_.end() ? 0 : found->second;
  }
  void end_program(std::uint64_t id) {
    forget(Kind::program, id);
    pids_.erase(id);
  }

 private:
  // What a callback has posted so far.
  struct Posted {
    std::uint32_t count = 0;
    Packer events;
  };
  struct Waiter {
    CondVar answered;
    bool done = false;
    std::string body;
  };

  void take_reply(const Received& received);
  // One call of the host's. [instance's thread]
  void handle(Frame frame, std::uint64_t number, const std::string& body);
  Status create(Unpacker& in, Packer& out);
  Status make();
  void start(Unpacker& in, Packer& out);
  void stop();
  void destroy();
  void webhook(Unpacker& in, Packer& out);
  void intake(Unpacker& in, Packer& out);
  void deliver(Unpacker& in, Packer& out);
  void tell_heard(Frame frame, Unpacker& in);
  void pack_posted(Packer& out, bool taken);

  Link& link_;
  const Descriptor descriptor_;
  const microseconds patience_;

  // Set by create, before the plugin has a thread that could ask.
  std::string name_;
  Options options_;
  std::uint32_t offers_ = 0;
  bus_host host_{};

  // The instance's thread.
  const bus_source* source_ = nullptr;
  const bus_sink* sink_ = nullptr;
  const bus_webhook* webhook_ = nullptr;
  const bus_intake* intake_ = nullptr;
  RecordArray delivered_;  // the last batch: the sink may answer for it later
  bus_batch batch_{};
  bool active_ = false;
  std::optional<Posted> posted_;
  std::map<std::pair<Kind, std::uint64_t>, Heard> heard_;
  std::map<std::uint64_t, std::int32_t> pids_;  // of programs

  Expressions expressions_;
  std::atomic<bool> emitting_{false};
  std::atomic<std::uint64_t> questions_{0};

  Mutex mutex_;
  CondVar credit_;
  std::map<std::uint64_t, Waiter*> waiters_ BUS_GUARDED_BY(mutex_);
  std::size_t unanswered_ BUS_GUARDED_BY(mutex_) = 0;
  std::size_t unanswered_bytes_ BUS_GUARDED_BY(mutex_) = 0;
  std::deque<std::string> secrets_ BUS_GUARDED_BY(mutex_);

  std::unique_ptr<loop::Runner> runner_;  // last: its thread uses all of the above
};

// The host table over `self`.
bus_host make_child_table(ChildHost& self);

inline ChildHost& child_of(void* self) {
  return *static_cast<ChildHost*>(self);
}
// A question that begins something, whose number the host gives. Only between start and stop.
Status begin_helper(ChildHost& child, Frame frame, const Packer& question, std::uint64_t* id);

// Of the extensions that have a file of their own.
extern const bus_http kChildHttp;
extern const bus_later kChildLater;
extern const bus_stream kChildStream;
extern const bus_process kChildProcess;
extern const bus_relay kChildRelay;

}  // namespace bus::plugin
