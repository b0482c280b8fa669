// A route inside the router: its handler behind a gate, its streams and its counters. For this folder only.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <string>

#include "core/base/clock.h"
#include "core/base/gate.h"
#include "core/base/mutex.h"
#include "core/http/router.h"
#include "core/metrics/registry.h"

namespace bus::http {

// Something that can be told from outside to end.
class Closable {
 public:
  virtual ~Closable() = default;
  virtual void close() = 0;
};

// Safe for concurrent use.
class RouteEntry {
 public:
  RouteEntry(Route route, metrics::Registry& registry);

  const Route& route() const { return route_; }
  // Held while the handler or a stream of it runs; empty once the route was removed.
  Gate::Pass enter() { return gate_.enter(); }
  // Runs the handler. REQUIRES: a pass.
  Response run(const Request& request);
  // The same for a handler that answers later: hold the pass until it has.
  void run_later(Request& request, const std::shared_ptr<Reply>& reply);
  // Counts a handler or a stream that threw.
  void failed() { failures_.add(); }
  // Counts an answer and how long it took.
  void count(int status, nanoseconds took);

  // Streams register here while they run, so that close() can end them.
  void attach(Closable* stream);
  void detach(Closable* stream);
  // Lets nobody in any more, closes the streams, and waits for those inside.
  void close();

 private:
  const Route route_;
  Gate gate_;
  std::array<metrics::Counter, 6> by_class_;  // [2]: 2xx
  metrics::Counter failures_;
  metrics::Histogram duration_;
  Mutex mutex_;
  std::set<Closable*> streams_ BUS_GUARDED_BY(mutex_);
  bool closed_ BUS_GUARDED_BY(mutex_) = false;
};

}  // namespace bus::http
