// SocketServer: the unix socket that all clients speak to. wire/PROTOCOL.md is what it does.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/fanout/hub.h"
#include "core/metrics/registry.h"
#include "core/store/store.h"
#include "core/wire/message.h"

namespace bus::fanout {

struct SocketOptions {
  std::string path;                      // made with mode 0600; its folder must be private already
  std::size_t max_clients = 1024;        // beyond: the newest is told so and closed
  std::size_t reader_buffer = 1u << 20;  // live bytes held for one subscription
  milliseconds drain{500};               // how long stop() goes on writing to clients
};

// The handle to answer one request with: once, from any thread, at any time. An answer to a client that is
// gone is dropped. Copies share the one answer.
class Reply {
 public:
  // `result` is JSON.
  void result(std::string_view result) const;
  void refuse(const Error& why) const;
  // Who asked: a number that no other connection has or will have.
  std::uint64_t client() const;

 private:
  friend class ServerLoop;
  struct Target;
  explicit Reply(std::shared_ptr<Target> target) : target_(std::move(target)) {}
  std::shared_ptr<Target> target_;
};

// Runs on the server's thread and must not block: what takes long is handed on together with the reply. The
// request is valid during the call only.
using Operation = std::function<void(const wire::Request& request, Reply reply)>;
// Runs on the server's thread when a client has gone away, but not for those that stop() closes.
using Left = std::function<void(std::uint64_t client)>;

// `subscribe`, `unsubscribe` and `ack` are the server's own; everything else is added. start() and stop() are
// for one thread.
class SocketServer {
 public:
  SocketServer(SocketOptions options, Hub& hub, store::Store& store, const Clock& clock,
               metrics::Registry& metrics);
  ~SocketServer();
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  // REQUIRES: before start().
  void add(std::string op, Operation operation);
  void on_left(Left left);

  // Takes the path over (the caller holds the lock that says no other host is there), listens, starts the
  // thread.
  Status start();
  // Takes no more clients and no more requests; subscriptions go on. Safe without start().
  void close_entrance();
  // Ends subscriptions with `stopping`, writes what is left for a moment, closes all. Safe without start(),
  // and twice.
  void stop();

 private:
  std::unique_ptr<class ServerLoop> loop_;
};

}  // namespace bus::fanout
