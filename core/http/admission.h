// The admission thread: takes connections and keeps them while they wait for their client. For this folder
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/unique_fd.h"
#include "core/http/connection.h"
#include "core/http/server_state.h"
#include "core/http/stream.h"

namespace bus::http {

struct Listener {
  UniqueFd fd;
  bool is_local = false;  // a unix socket
};

// Sleeps without end while nobody has a deadline. start() and stop() are for one thread, the rest for any.
class Admission {
 public:
  using Dispatch = std::function<void(std::unique_ptr<Connection>)>;

  // `dispatch` is given connections whose request is complete. `state` must live longer.
  Admission(ServerState& state, Dispatch dispatch) : state_(state), dispatch_(std::move(dispatch)) {}
  ~Admission() { stop(); }

  Status start(std::vector<Listener> listeners);
  // Takes nobody new, closes who is idle or still asking, and returns when everything dispatched is answered,
  // at the latest after Options::stop_grace; then those whose answers are still to come are closed. Safe
  // without start(), and twice.
  void stop();
  bool is_stopping() const { return stopping_; }

  // Does what `next` says with a connection: waits for its client, dispatches or closes it.
  void take(std::unique_ptr<Connection> connection, Next next);
  // Something that was dispatched has ended.
  void dispatched_ended();
  // Keeps a connection until its answer is given, or is too late. REQUIRES: Next::answer was said last.
  void park(std::unique_ptr<Connection> connection);
  // Gives it. False if it is too late. Any thread; does not wait for the client.
  bool answer(WaitKey key, Response response);
  // Whether this is the admission thread.
  bool on_thread() const { return std::this_thread::get_id() == thread_.get_id(); }

  // Closes `sink` when the client hangs up, and when the server stops, until unwatch().
  std::uint64_t watch(Connection& connection, std::weak_ptr<StreamSink> sink);
  void unwatch(std::uint64_t id);

 private:
  using Waiting = std::map<WaitKey, std::unique_ptr<Connection>>;

  void run();
  void on_event(std::uint64_t tag);
  void accept_from(const Listener& listener);
  void admit(UniqueFd fd, std::string peer, bool is_local);
  void evict_idle();
  void keep_until(Mono deadline) BUS_REQUIRES(mutex_);
  bool arm(Connection& connection, std::uint32_t events, std::uint64_t tag);
  std::unique_ptr<Connection> extract(Connection* connection);
  void expire();
  int timeout() BUS_REQUIRES(mutex_);
  void begin_stop();
  void drop_parked();
  bool may_end();
  void arm_listeners(bool on);
  void wake();

  ServerState& state_;
  const Dispatch dispatch_;
  std::vector<Listener> listeners_;
  bool listening_ = true;  // the admission thread's
  Mono listen_again_{};    // when descriptors ran out
  UniqueFd epoll_;
  UniqueFd wake_;
  std::thread thread_;
  std::atomic<bool> stopping_ = false;

  Mutex mutex_;
  Waiting idle_ BUS_GUARDED_BY(mutex_);     // between requests
  Waiting waiting_ BUS_GUARDED_BY(mutex_);  // in the middle of one
  Waiting parked_ BUS_GUARDED_BY(mutex_);   // for their answer
  bool parking_ BUS_GUARDED_BY(mutex_) = true;
  Mono sleeping_until_ BUS_GUARDED_BY(mutex_) = Mono::max();
  std::map<std::uint64_t, std::weak_ptr<StreamSink>> streams_ BUS_GUARDED_BY(mutex_);
  std::uint64_t last_stream_ BUS_GUARDED_BY(mutex_) = 0;
};

}  // namespace bus::http
