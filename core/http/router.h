// Which handler a request goes to. Routes come and go while the server runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/http/message.h"
#include "core/metrics/registry.h"

namespace bus::http {

// Runs on one of the server's worker threads, many at a time, and may block. What it throws becomes a 500.
using Handler = std::function<Response(const Request&)>;
// Answers later, from any thread. It must not block: for a short request it runs on the thread that reads all
// of them. It may move the body out of the request, which is gone when it returns. What it throws becomes a
// 500.
using LaterHandler = std::function<void(Request&, const std::shared_ptr<Reply>&)>;

struct Route {
  std::string method;  // "GET" answers HEAD, too
  std::string path;    // "/healthz"; one that ends in "/*" matches everything below: "/webhooks/*"
  std::size_t max_body = 1 << 20;  // a longer body is refused with 413 before it is read
  Handler handler;
  LaterHandler later{};           // instead of `handler`
  milliseconds patience{30'000};  // for `later`: 503 if there is no answer by then
};

class RouteEntry;  // a route with its gate and its counters

// Safe for concurrent use. An exact path goes before a prefix, a longer prefix before a shorter.
class Router {
 public:
  using Id = std::uint64_t;

  explicit Router(metrics::Registry& registry);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Code::conflict if this method and path are taken, Code::invalid if one of them cannot be.
  Result<Id> add(Route route);
  // Takes the route away: new requests do not find it, its streams are closed, and when remove() returns none
  // of its handlers or streams is running. Not to be called from one of them. Unknown ids are passed over.
  void remove(Id id);

  struct NotFound {};
  struct NotAllowed {
    std::string allow;  // for the Allow header: "GET, HEAD"
  };
  using Match = std::variant<std::shared_ptr<RouteEntry>, NotFound, NotAllowed>;
  Match match(std::string_view method, std::string_view path) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bus::http
