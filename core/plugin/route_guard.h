// RouteGuard: checks that a webhook comes from who it should, on the raw bytes, before anything else looks at
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bus/plugin.h"
#include "core/auth/secrets.h"
#include "core/auth/signature.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/http/message.h"

namespace bus::plugin {

// Safe for concurrent use. The secret is read anew as soon as its file is another: one that was set works at
// once, one that was removed is over at once.
class RouteGuard {
 public:
  // Code::invalid if the route's scheme is unknown or incomplete.
  static Result<std::unique_ptr<RouteGuard>> make(const bus_webhook_route& route,
                                                  const auth::SecretStore& secrets, const Clock& clock);

  // True while the route answers 503 because its secret is not set; `secret()` names it.
  bool lacks_secret() const { return rule_.scheme != auth::Scheme::none && secrets_.stamp(secret_).empty(); }
  const std::string& secret() const { return secret_; }

  // Why a request does not come in.
  struct Refusal {
    int nearness = 0;  // how near it came to being let in: of several refusals the nearest is worth telling
    http::Response answer;  // 401, or 503 with the code secret_missing or secret_unusable
  };
  // nullopt if the request is what it says.
  std::optional<Refusal> check(const http::Request& request);

 private:
  RouteGuard(auth::SignatureRule rule, std::string secret, const auth::SecretStore& secrets,
             const Clock& clock)
      : rule_(std::move(rule)), secret_(std::move(secret)), secrets_(secrets), clock_(clock) {}

  using VerifierPtr = std::shared_ptr<const auth::Verifier>;
  // The verifier for the secret as it is now.
  Result<VerifierPtr> verifier();
  http::Response unusable(const Error& why) const;

  const auth::SignatureRule rule_;
  const std::string secret_;
  const auth::SecretStore& secrets_;
  const Clock& clock_;

  Mutex mutex_;
  VerifierPtr cached_ BUS_GUARDED_BY(mutex_);
  std::string stamp_ BUS_GUARDED_BY(mutex_);  // of the secret that cached_ was made from
};

// The ways into one route: who satisfies one of them is let in. Safe for concurrent use once they are added.
class RouteGuards {
 public:
  // `row` is the one of the plugin's table that the guard stands for.
  void add(std::uint32_t row, std::unique_ptr<RouteGuard> guard) { all_.emplace_back(row, std::move(guard)); }

  struct Finding {
    std::uint32_t row = 0;  // of the first guard that let the request in
    std::optional<http::Response> refused;
  };
  Finding check(const http::Request& request) const;

  // The first guard's secret if nobody can come in for want of one; else empty.
  std::string missing_secret() const;

 private:
  std::vector<std::pair<std::uint32_t, std::unique_ptr<RouteGuard>>> all_;
};

}  // namespace bus::plugin
