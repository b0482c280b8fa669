// Outbound: requests of plugins to other servers, and streams from them, off the plugins' threads; of
// requests a bounded number for each host at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/http/client.h"
#include "core/plugin/wire.h"

namespace bus::plugin {

// Safe for concurrent use. A thread lives only while it has something to ask, so an idle one costs nothing.
class Outbound {
 public:
  using Done = std::function<void(Result<http::ClientResponse>)>;

  static constexpr std::size_t kMaxThreads = 8;

  // Null: the system's client, made when it is first needed.
  explicit Outbound(std::shared_ptr<http::HttpClient> client = nullptr);
  // Cancels everything and waits for the threads, but not for one that the system's name service holds up.
  ~Outbound();
  Outbound(const Outbound&) = delete;
  Outbound& operator=(const Outbound&) = delete;

  // Queues the request, behind those to its host (scheme, name and port, or unix socket) while `per_host` of
  // them run. `done` comes once, on another thread; with Code::stopping if request.cancel was cancelled,
  // which must be set.
  void ask(http::ClientRequest request, std::size_t per_host, Done done);

  // Runs the wire on a thread of its own. Code::unavailable: the system has none.
  Status begin(const std::shared_ptr<Wire>& wire, http::ClientRequest request, std::string upgrade,
               Wire::Ears ears);

  // What waits and what runs, but for wires.
  std::size_t pending() const;

 private:
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace bus::plugin
