// Isolated: the host's side of an instance whose library runs in a child process. To the Instance it is a
// plugin like any other: the tables that create_source and create_sink give lead to the child, and what the
// child asks for goes through the same host table as a library's calls.
//
// An emitted event is acknowledged to the child after its commit. A webhook or a message whose child dies
// before it has answered is answered BUS_UNAVAILABLE, a batch likewise, and comes again.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.h"
#include "core/base/mutex.h"
#include "core/loop/runner.h"
#include "core/plugin/backoff.h"
#include "core/plugin/child_forms.h"
#include "core/plugin/confinement.h"
#include "core/plugin/isolated_process.h"
#include "core/plugin/state.h"

namespace bus::plugin {

class Instance;
class RemotePlugin;

// What a new child says of itself.
struct Begun {
  std::string sandbox;     // what holds it
  std::string descriptor;  // of its library, packed
};
// Starts a child, shuts it in and lets it load the library. Code::unavailable: it died over it; else what the
// loader said.
Result<std::unique_ptr<ChildProcess>> begin_child(process::Spawner& spawner, const ChildLibrary& library,
                                                  const Confinement& confinement, const Hurry& hurry,
                                                  ChildProcess::Heard heard, Begun& out);

// Of the instance's thread, but for hurry(), kill() and status().
class Isolated {
 public:
  Isolated(Instance& instance, std::shared_ptr<const ChildLibrary> library, Confinement confinement);
  ~Isolated();
  Isolated(const Isolated&) = delete;
  Isolated& operator=(const Isolated&) = delete;

  // The life of the plugin in the child, as the tables of the SDK say. Code::unavailable: the child is no
  // more; while it was running the instance is told to start again. After a create that failed none runs, and
  // it may be called again.
  Status create(const bus_host* host);
  Status start(std::uint64_t* last_seq);
  void stop();
  void destroy();
  // Any other call into it.
  Result<std::string_view> call(Frame frame, const Packer& body, std::string_view what);

  // What create() has found that the plugin offers.
  bool has_intake() const { return has_intake_; }
  const UnpackedRoutes& routes() const { return *routes_; }
  const bus_host* host() const { return host_; }
  RemotePlugin& remote() { return *remote_; }

  void hurry();  // the instance is to stop: no call lasts much longer
  void kill();
  ChildStatus status() const;

 private:
  Status spawn();
  Status create_in_child();
  Result<std::string_view> call_for(Frame frame, const Packer& body, milliseconds longest,
                                    std::string_view what);
  void look();
  void watch();
  void lost(const Error& why);
  void end_process();
  void note_end();

  // What the child says and asks (isolated_serve.cpp).
  Status serve(const Received& received);
  Status serve_emit(std::uint64_t number, Unpacker& in);
  Status serve_state(const Received& received, Unpacker& in);
  Status serve_secret(std::uint64_t number, Unpacker& in);
  Status serve_metric(const Received& received, Unpacker& in);
  Status serve_words(const Received& received, Unpacker& in);
  Status serve_http(const Received& received, Unpacker& in);
  Status serve_stream(const Received& received, Unpacker& in);
  Status serve_later(const Received& received, Unpacker& in);
  Status serve_relay(const Received& received, Unpacker& in);
  Status serve_program(const Received& received, Unpacker& in);
  Status start_program(std::uint64_t number, Unpacker& in);
  Status check_unix(bus_text path) const;
  void reply(std::uint64_t number, const Packer& body);
  void hear(std::string_view line);
  bool may_log();

  Instance& instance_;
  const std::shared_ptr<const ChildLibrary> library_;
  const Confinement confinement_;
  Hurry hurry_;
  Backoff pauses_;  // between children
  const bus_host* host_ = nullptr;
  std::unique_ptr<RemotePlugin> remote_;
  std::unique_ptr<ChildProcess> process_;
  bool running_ = false;  // started, and to be started again when it dies
  bool warned_ = false;   // of a sandbox that is not whole
  std::string offers_;    // what the first create said of routes and intake
  bool has_intake_ = false;
  std::unique_ptr<UnpackedRoutes> routes_;
  loop::Runner::WatchId socket_watch_ = 0, words_watch_ = 0;
  Mono born_;
  double log_tokens_ = 200;
  Mono log_since_;

  // What of its emits is not answered; shared with the answers on their way.
  struct Unanswered {
    std::atomic<std::size_t> frames{0}, bytes{0};
  };
  std::shared_ptr<Unanswered> unanswered_;

  mutable Mutex mutex_;
  ChildStatus status_ BUS_GUARDED_BY(mutex_);
  ChildProcess* killable_ BUS_GUARDED_BY(mutex_) = nullptr;
};

// What a descriptor that was read in a child has for its create functions.
const bus_source* create_isolated_source(const bus_host* host, bus_error* error);
const bus_sink* create_isolated_sink(const bus_host* host, bus_error* error);

}  // namespace bus::plugin
