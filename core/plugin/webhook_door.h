// WebhookDoor: the HTTP side of a source that offers bus.webhook/1. No thread waits for a request while its
// callback runs on the instance's thread and its events are committed together with others.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/plugin.h"
#include "core/auth/signature.h"
#include "core/base/mutex.h"
#include "core/http/message.h"
#include "core/loop/runner.h"
#include "core/plugin/services.h"

namespace bus::plugin {

class WebhookDoor;

// A request that was let in: what the source sees of it, and the answer that is owed.
// Safe for concurrent use.
class Exchange {
 public:
  // Takes the body out of the request.
  Exchange(WebhookDoor& door, http::Request& request, std::shared_ptr<http::Reply> reply, std::uint32_t route,
           Time received);

  // Of the instance's thread: false if nobody waits any more; then the callback must not run.
  bool begin();
  // The events are on their way to the store; from now on only their answer counts.
  void submitted() { submitted_ = true; }
  // The first answer counts. The door must live until then.
  void answer(http::Response response);
  // Answers, unless the events are on their way.
  void give_up(http::Response response);

  bus_webhook_request c_request() const;

 private:
  WebhookDoor& door_;
  const std::shared_ptr<http::Reply> reply_;
  const std::string method_, path_, query_, body_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<bus_header> c_headers_;
  const std::uint32_t route_;
  const Time received_;
  std::atomic<bool> submitted_ = false;
};

class WebhookDoor {
 public:
  // Handles a request on the instance's thread and answers the exchange, now or later.
  using Callback = std::function<void(const std::shared_ptr<Exchange>&)>;

  // `source` names the secret in hints and metrics. The routes are copied.
  WebhookDoor(const HostServices& services, std::string source, loop::Runner& runner, Callback callback);
  ~WebhookDoor();
  WebhookDoor(const WebhookDoor&) = delete;
  WebhookDoor& operator=(const WebhookDoor&) = delete;

  // Declares the plugin's routes. Code::invalid for a wrong one, Code::conflict for one that is taken; then
  // none is.
  Status open(const bus_webhook& table);
  // A request to one of the routes that came another way than by HTTP: let in and answered as if it had.
  // Code::invalid: there is no such route. From any thread.
  Status pass(http::Request& request, const std::shared_ptr<http::Reply>& reply);
  // Takes no more requests, answers those whose events are not on their way with 503, and returns when all
  // are answered. Safe without open(), and twice. Not from a handler.
  void close();

  // "POST /webhooks/github"
  std::vector<std::string> routes() const;
  // The name of a secret that a route needs and that is not set now: its requests are refused. Empty if there
  // is none.
  std::string missing_secret() const;

 private:
  friend class Exchange;
  struct Route;
  Status add(const std::shared_ptr<Route>& route);
  std::shared_ptr<Route> find(std::string_view method, std::string_view path) const;
  void handle(Route& route, http::Request& request, const std::shared_ptr<http::Reply>& reply);
  // An exchange has its answer; `status` is 0 if that came too late.
  void answered(Exchange* exchange, int status);

  const HostServices& services_;
  const std::string source_;
  loop::Runner& runner_;
  const Callback callback_;
  metrics::Counter taken_, refused_, failed_, unauthorized_, no_secret_;

  mutable Mutex mutex_;
  bool closed_ BUS_GUARDED_BY(mutex_) = false;
  std::map<Exchange*, std::shared_ptr<Exchange>> waiting_ BUS_GUARDED_BY(mutex_);
  std::vector<std::uint64_t> route_ids_ BUS_GUARDED_BY(mutex_);
  std::vector<std::string> route_names_ BUS_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Route>> routes_ BUS_GUARDED_BY(mutex_);
};

// {"status":…,"events":[{"id","seq"}]}: 202 accepted, or 200 if all were duplicates or nothing was posted;
// the error if one of the events was not taken. A reply of the plugin's own goes before.
http::Response webhook_answer(const ingest::Answers& answers, const std::optional<http::Response>& own);
// 503 with Retry-After.
http::Response busy(std::string_view code, std::string_view message);
// What a sender gets for a plugin's error.
http::Response refusal(const Error& error);

}  // namespace bus::plugin
