#include "core/plugin/route_guard.h"

#include <utility>

namespace bus::plugin {
namespace {

std::optional<auth::Scheme> scheme_of(std::uint32_t signature) {
  switch (signature) {
    case BUS_SIGNATURE_NONE:
      return auth::Scheme::none;
    case BUS_SIGNATURE_GITHUB_SHA256:
      return auth::Scheme::github_sha256;
    case BUS_SIGNATURE_STANDARD_WEBHOOKS:
      return auth::Scheme::standard_webhooks;
    case BUS_SIGNATURE_BEARER:
      return auth::Scheme::bearer;
    case BUS_SIGNATURE_BASIC:
      return auth::Scheme::basic;
    case BUS_SIGNATURE_HEADER:
      return auth::Scheme::named_header;
    case BUS_SIGNATURE_HMAC:
      return auth::Scheme::hmac;
    default:
      return std::nullopt;
  }
}

bool uses_header(auth::Scheme scheme) {
  return scheme == auth::Scheme::named_header || scheme == auth::Scheme::hmac;
}

int nearness(auth::Verdict verdict) {
  switch (verdict) {
    case auth::Verdict::missing:
      return 1;
    case auth::Verdict::malformed:
      return 2;
    case auth::Verdict::wrong:
      return 3;
    default:
      return 4;
  }
}

std::string_view why(auth::Verdict verdict) {
  switch (verdict) {
    case auth::Verdict::missing:
      return "the request is not signed";
    case auth::Verdict::malformed:
      return "the signature is not in the form that it should have";
    case auth::Verdict::stale:
      return "the signature's time is too far from now";
    default:
      return "the signature is wrong";
  }
}

}  // namespace

Result<std::unique_ptr<RouteGuard>> RouteGuard::make(const bus_webhook_route& route,
                                                     const auth::SecretStore& secrets, const Clock& clock) {
  auth::SignatureRule rule;
  const auto scheme = scheme_of(route.signature);
  if (!scheme) return error(Code::invalid, "a route has a signature scheme that this host does not know");
  rule.scheme = *scheme;
  if (route.header != nullptr) rule.header = route.header;
  if (route.prefix != nullptr) rule.prefix = route.prefix;
  if (uses_header(*scheme) && rule.header.empty()) {
    return error(Code::invalid, "a route's scheme needs the name of a header");
  }
  if (route.hash > BUS_HASH_SHA512 || route.encoding > BUS_ENCODING_BASE64) {
    return error(Code::invalid, "a route has a hash or an encoding that this host does not know");
  }
  rule.hash = static_cast<auth::Hash>(route.hash);
  rule.encoding = static_cast<auth::Encoding>(route.encoding);
  if (route.tolerance_us != 0) {
    rule.tolerance = seconds(static_cast<std::int64_t>(route.tolerance_us / 1'000'000));
  }
  const std::string secret = route.secret == nullptr ? "" : route.secret;
  if (*scheme != auth::Scheme::none && !auth::SecretStore::valid_name(secret)) {
    return error(Code::invalid, "a route needs the name of a secret");
  }
  return std::unique_ptr<RouteGuard>(new RouteGuard(std::move(rule), secret, secrets, clock));
}

Result<RouteGuard::VerifierPtr> RouteGuard::verifier() {
  // Taken before the file is read: if it changes in between, the next request reads it again.
  std::string stamp = secrets_.stamp(secret_);
  {
    MutexLock lock(mutex_);
    if (cached_ != nullptr && !stamp.empty() && stamp == stamp_) return cached_;
  }
  auto values = secrets_.get(secret_);
  if (!values) return std::move(values).error();
  auto made = auth::Verifier::make(rule_, *values);
  if (!made) return std::move(made).error();
  auto verifier = std::make_shared<const auth::Verifier>(std::move(*made));
  MutexLock lock(mutex_);
  cached_ = verifier;
  stamp_ = std::move(stamp);
  return verifier;
}

http::Response RouteGuard::unusable(const Error& why) const {
  if (why.code == Code::not_found) {
    return http::refuse(503, "secret_missing", "no secret is set, so nobody can prove who they are",
                        "bus secret set " + secret_);
  }
  return http::refuse(503, "secret_unusable", why.message, why.hint);
}

std::optional<RouteGuard::Refusal> RouteGuard::check(const http::Request& request) {
  if (rule_.scheme == auth::Scheme::none) return std::nullopt;
  const auto header = [&request](std::string_view name) { return request.header(name); };
  const auto current = verifier();
  if (!current) return Refusal{0, unusable(current.error())};
  const auth::Verdict verdict = (*current)->check(request.body, header, clock_.now());
  if (verdict == auth::Verdict::accepted) return std::nullopt;
  return Refusal{nearness(verdict),
                 http::refuse(401, "signature_" + std::string(auth::name(verdict)), why(verdict))};
}

RouteGuards::Finding RouteGuards::check(const http::Request& request) const {
  std::optional<RouteGuard::Refusal> nearest;
  for (const auto& [row, guard] : all_) {
    auto refused = guard->check(request);
    if (!refused) return {row, std::nullopt};
    if (!nearest || refused->nearness > nearest->nearness) nearest = std::move(refused);
  }
  return {0, std::move(nearest->answer)};
}

std::string RouteGuards::missing_secret() const {
  for (const auto& [row, guard] : all_) {
    if (!guard->lacks_secret()) return {};
  }
  return all_.empty() ? std::string() : all_.front().second->secret();
}

}  // namespace bus::plugin
