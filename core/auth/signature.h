// Who sent this request? The ways in which senders of webhooks prove themselves, as data.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/hmac.h"
#include "core/auth/standard_webhooks.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/secret.h"

namespace bus::auth {

enum class Scheme {
  none,               // nothing is checked
  github_sha256,      // X-Hub-Signature-256: sha256=<64 hex>, HMAC-SHA256 of the body
  standard_webhooks,  // webhook-id, webhook-timestamp, webhook-signature; secrets as StandardKeys takes them
  bearer,             // Authorization: Bearer <secret>
  basic,              // Authorization: Basic base64(<secret>); the secret is "user:password"
  named_header,       // <header>: <prefix><secret>
  hmac,               // <header>: <prefix><HMAC of the body>
};

enum class Encoding { hex, base64 };

std::string_view name(Scheme scheme);
std::optional<Scheme> scheme_named(std::string_view name);

struct SignatureRule {
  Scheme scheme = Scheme::none;
  std::string header = {};              // named_header and hmac only
  std::string prefix = {};              // named_header and hmac only
  seconds tolerance = seconds(5 * 60);  // standard_webhooks only: how far the timestamp may be off
  Hash hash = Hash::sha256;             // hmac only
  Encoding encoding = Encoding::hex;    // hmac only
};

enum class Verdict {
  accepted,
  missing,    // a header that the scheme needs is not there
  malformed,  // it is there, but not in the scheme's form
  wrong,      // it proves nothing
  stale,      // it is right, but too old or too new
};

std::string_view name(Verdict verdict);

// The value of a request's header, nullopt if it is not there. Names are compared without case.
using HeaderLookup = std::function<std::optional<std::string_view>(std::string_view name)>;

// Checks requests by one rule against some secrets, of which any may match (rotation). All of them are
// compared, in constant time. Safe for concurrent use.
class Verifier {
 public:
  // Code::config if the rule is incomplete, there is no secret, or one is not in the scheme's form.
  static Result<Verifier> make(SignatureRule rule, const std::vector<Secret>& secrets);

  // `body` is what was received, byte for byte.
  Verdict check(std::string_view body, const HeaderLookup& header, Time now) const;

  const SignatureRule& rule() const { return rule_; }

 private:
  explicit Verifier(SignatureRule rule) : rule_(std::move(rule)) {}
  Status add(const Secret& secret);
  Verdict check_hmac(std::string_view body, const HeaderLookup& header) const;
  Verdict check_standard(std::string_view body, const HeaderLookup& header, Time now) const;
  Verdict check_shared(std::string_view given) const;

  SignatureRule rule_;
  std::vector<HmacKey> keys_;   // github_sha256 and hmac
  StandardKeys standard_;       // standard_webhooks
  std::vector<Digest> hashes_;  // the others: SHA-256 of each secret
};

}  // namespace bus::auth
