// Stack: store, hub, ingest and socket server as the host puts them together, which can be stopped, and cut
// off as if by a kill, and started again.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/config/paths.h"
#include "core/fanout/hub.h"
#include "core/fanout/socket_server.h"
#include "core/ingest/ingest.h"
#include "core/metrics/registry.h"
#include "core/store/store.h"
#include "tests/integration/delivery/oracle.h"

namespace bus::integration {

store::NewEvent event_of(const Fact& fact);

// start(), restart(), crash() and remove() are for one thread; the rest for any.
class Stack {
 public:
  // Works in `root`, a private folder. Both outlive this.
  Stack(std::string root, Oracle& oracle);
  ~Stack();

  void start();
  // Stops in the host's order and starts on the same files.
  void restart();
  // Takes readers and senders away, copies the files as they are between two commits while ingest still
  // works, adds what a torn write leaves behind, and starts on the copy.
  void crash(std::mt19937_64& dice);
  // Removes acknowledged events from the old end, up to `until`; `force`: also under named cursors.
  void remove(std::uint64_t until, bool force);

  // For senders inside the process. Waits while the stack is away; null if `deadline` has passed. The ingest
  // can be used until leave().
  ingest::Ingest* enter(Mono deadline) BUS_EXCLUDES(mutex_);
  void leave() BUS_EXCLUDES(mutex_);
  // Waits while the stack is away; false if `deadline` has passed.
  bool wait_up(Mono deadline) BUS_EXCLUDES(mutex_);

  config::Paths paths() const;
  store::Store& store() { return *store_; }
  double lags() { return metrics_.counter("bus_reader_lags_total", "").value(); }

 private:
  std::string state_folder() const { return root_ + "/state" + std::to_string(incarnation_); }
  void emit(const wire::Request& request, const fanout::Reply& reply);
  void set_up(bool up) BUS_EXCLUDES(mutex_);
  void copy_files(const std::string& from, const std::string& to, std::mt19937_64& dice);
  void tear_down() BUS_EXCLUDES(mutex_);

  const std::string root_;
  Oracle& oracle_;
  int incarnation_ = 0;
  metrics::Registry metrics_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<fanout::Hub> hub_;
  std::unique_ptr<ingest::Ingest> ingest_;
  std::unique_ptr<fanout::SocketServer> server_;

  Mutex mutex_;
  CondVar changed_;
  bool up_ BUS_GUARDED_BY(mutex_) = false;
  int users_ BUS_GUARDED_BY(mutex_) = 0;
};

}  // namespace bus::integration
