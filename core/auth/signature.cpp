#include "core/auth/signature.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/auth/base64.h"
#include "core/base/text.h"

namespace bus::auth {
namespace {

constexpr std::array<std::string_view, 7> kSchemes = {
    "none", "github_sha256", "standard_webhooks", "bearer", "basic", "named_header", "hmac"};
constexpr std::array<std::string_view, 5> kVerdicts = {"accepted", "missing", "malformed", "wrong", "stale"};

// Hex digits of either case.
std::optional<std::string> parse_hex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes(text.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<char>(high << 4 | low);
  }
  return bytes;
}

// What follows an authentication scheme's word ("Bearer"), which is compared without case.
std::optional<std::string_view> credentials_of(std::string_view value, std::string_view word) {
  if (value.size() <= word.size() || lower_ascii(value.substr(0, word.size())) != word) return std::nullopt;
  if (value[word.size()] != ' ') return std::nullopt;
  const std::string_view rest = trim(value.substr(word.size()));
  return rest.empty() ? std::nullopt : std::optional(rest);
}

template <std::size_t n>
std::optional<std::size_t> index_of(const std::array<std::string_view, n>& words, std::string_view word) {
  const auto at = std::find(words.begin(), words.end(), word);
  if (at == words.end()) return std::nullopt;
  return static_cast<std::size_t>(at - words.begin());
}

}  // namespace

std::string_view name(Scheme scheme) {
  return kSchemes[static_cast<std::size_t>(scheme)];
}
std::string_view name(Verdict verdict) {
  return kVerdicts[static_cast<std::size_t>(verdict)];
}

std::optional<Scheme> scheme_named(std::string_view name) {
  const auto index = index_of(kSchemes, name);
  return index ? std::optional(static_cast<Scheme>(*index)) : std::nullopt;
}

Result<Verifier> Verifier::make(SignatureRule rule, const std::vector<Secret>& secrets) {
  if (rule.scheme == Scheme::github_sha256) rule.header = "x-hub-signature-256", rule.prefix = "sha256=";
  Verifier verifier(std::move(rule));
  const Scheme scheme = verifier.rule_.scheme;
  if (scheme == Scheme::none) return verifier;
  if ((scheme == Scheme::named_header || scheme == Scheme::hmac) && verifier.rule_.header.empty()) {
    return error(Code::config,
                 "the signature scheme " + std::string(name(scheme)) + " needs the name of a header");
  }
  if (secrets.empty()) return error(Code::config, "there is no secret to check signatures with");
  for (const Secret& secret : secrets) {
    if (Status added = verifier.add(secret); !added) return std::move(added).error();
  }
  return verifier;
}

Status Verifier::add(const Secret& secret) {
  if (secret.empty()) return error(Code::config, "a secret is empty");
  switch (rule_.scheme) {
    case Scheme::github_sha256:
    case Scheme::hmac:
      keys_.emplace_back(secret, rule_.hash);
      return Ok{};
    case Scheme::standard_webhooks:
      if (standard_.add(secret.reveal())) return Ok{};
      return error(Code::config, "a secret is not one of Standard Webhooks",
                   "whsec_ and base64 of 24 to 64 bytes, or whpk_ and base64 of 32");
    case Scheme::basic:
      if (secret.reveal().find(':') == std::string_view::npos)
        return error(Code::config, "a secret of the scheme basic is user:password");
      break;
    default:
      break;
  }
  hashes_.push_back(sha256(secret.reveal()));
  return Ok{};
}

Verdict Verifier::check(std::string_view body, const HeaderLookup& header, Time now) const {
  switch (rule_.scheme) {
    case Scheme::none:
      return Verdict::accepted;
    case Scheme::github_sha256:
    case Scheme::hmac:
      return check_hmac(body, header);
    case Scheme::standard_webhooks:
      return check_standard(body, header, now);
    case Scheme::bearer: {
      const auto value = header("authorization");
      if (!value) return Verdict::missing;
      const auto token = credentials_of(*value, "bearer");
      return token ? check_shared(*token) : Verdict::malformed;
    }
    case Scheme::basic: {
      const auto value = header("authorization");
      if (!value) return Verdict::missing;
      const auto coded = credentials_of(*value, "basic");
      const auto pair = coded ? parse_base64(*coded) : std::nullopt;
      return pair ? check_shared(*pair) : Verdict::malformed;
    }
    case Scheme::named_header: {
      const auto value = header(rule_.header);
      if (!value) return Verdict::missing;
      if (!value->starts_with(rule_.prefix)) return Verdict::malformed;
      return check_shared(value->substr(rule_.prefix.size()));
    }
  }
  return Verdict::wrong;
}

Verdict Verifier::check_hmac(std::string_view body, const HeaderLookup& header) const {
  const auto value = header(rule_.header);
  if (!value) return Verdict::missing;
  if (!value->starts_with(rule_.prefix)) return Verdict::malformed;
  const std::string_view text = value->substr(rule_.prefix.size());
  const auto given = rule_.encoding == Encoding::hex ? parse_hex(text) : parse_base64(text);
  if (!given || given->size() != size_of(rule_.hash)) return Verdict::malformed;
  bool any = false;
  for (const HmacKey& key : keys_) any |= same(key.mac({body}), *given);
  return any ? Verdict::accepted : Verdict::wrong;
}

Verdict Verifier::check_standard(std::string_view body, const HeaderLookup& header, Time now) const {
  const auto id = header("webhook-id");
  const auto timestamp = header("webhook-timestamp");
  const auto signatures = header("webhook-signature");
  if (!id || !timestamp || !signatures) return Verdict::missing;
  const auto finding = standard_.check({*id, *timestamp, *signatures}, body);
  if (finding.malformed) return Verdict::malformed;
  if (!finding.signature_right) return Verdict::wrong;
  const std::int64_t off = now.us / 1'000'000 - finding.sent;
  return off > rule_.tolerance.count() || off < -rule_.tolerance.count() ? Verdict::stale : Verdict::accepted;
}

// Hashes are compared, so that not even the length of a secret shows.
Verdict Verifier::check_shared(std::string_view given) const {
  const Digest digest = sha256(given);
  bool any = false;
  for (const Digest& hash : hashes_) any |= same(view(hash), view(digest));
  return any ? Verdict::accepted : Verdict::wrong;
}

}  // namespace bus::auth
