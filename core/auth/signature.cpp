#include "core/auth/signature.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/auth/base64.h"
#include "core/base/text.h"

namespace bus::auth {
namespace {

constexpr std::array<std::string_view, 6> kSchemes = {"none",   "github_sha256", "standard_webhooks",
                                                      "bearer", "basic",         "named_header"};
constexpr std::array<std::string_view, 5> kVerdicts = {"accepted", "missing", "malformed", "wrong", "stale"};

// 64 hex digits of either case.
std::optional<Digest> parse_hex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  Digest digest;
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

// What follows an authentication scheme's word ("Bearer"), which is compared without case.
std::optional<std::string_view> credentials_of(std::string_view value, std::string_view word) {
  if (value.size() <= word.size() || lower_ascii(value.substr(0, word.size())) != word) return std::nullopt;
  if (value[word.size()] != ' ') return std::nullopt;
  const std::string_view rest = trim(value.substr(word.size()));
  return rest.empty() ? std::nullopt : std::optional(rest);
}

// The bytes that a Standard Webhooks secret signs with; nullopt if it is not of that form.
std::optional<std::string> standard_key(std::string_view secret) {
  constexpr std::string_view kPrefix = "whsec_";
  if (secret.starts_with(kPrefix)) secret.remove_prefix(kPrefix.size());
  auto key = parse_base64(secret);
  if (!key || key->size() < 24 || key->size() > 64) return std::nullopt;
  return key;
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
  Verifier verifier(std::move(rule));
  const Scheme scheme = verifier.rule_.scheme;
  if (scheme == Scheme::none) return verifier;
  if (scheme == Scheme::named_header && verifier.rule_.header.empty()) {
    return error(Code::config, "the signature scheme named_header needs the name of a header");
  }
  if (secrets.empty()) return error(Code::config, "there is no secret to check signatures with");
  for (const Secret& secret : secrets) {
    if (secret.empty()) return error(Code::config, "a secret is empty");
    if (scheme == Scheme::github_sha256) {
      verifier.keys_.emplace_back(secret);
    } else if (scheme == Scheme::standard_webhooks) {
      auto key = standard_key(secret.reveal());
      if (!key) {
        return error(Code::config, "a secret is not one of Standard Webhooks",
                     "whsec_ and base64 of 24 to 64 bytes");
      }
      verifier.keys_.emplace_back(Secret(std::move(*key)));
    } else {
      if (scheme == Scheme::basic && secret.reveal().find(':') == std::string_view::npos) {
        return error(Code::config, "a secret of the scheme basic is user:password");
      }
      verifier.hashes_.push_back(sha256(secret.reveal()));
    }
  }
  return verifier;
}

Verdict Verifier::check(std::string_view body, const HeaderLookup& header, Time now) const {
  switch (rule_.scheme) {
    case Scheme::none:
      return Verdict::accepted;
    case Scheme::github_sha256:
      return check_github(body, header);
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

Verdict Verifier::check_github(std::string_view body, const HeaderLookup& header) const {
  constexpr std::string_view kPrefix = "sha256=";
  const auto value = header("x-hub-signature-256");
  if (!value) return Verdict::missing;
  const auto given = value->starts_with(kPrefix) ? parse_hex(value->substr(kPrefix.size())) : std::nullopt;
  if (!given) return Verdict::malformed;
  bool any = false;
  for (const HmacKey& key : keys_) any |= same(view(key.sign({body})), view(*given));
  return any ? Verdict::accepted : Verdict::wrong;
}

Verdict Verifier::check_standard(std::string_view body, const HeaderLookup& header, Time now) const {
  constexpr std::size_t kMaxSignatures = 16;
  const auto id = header("webhook-id");
  const auto timestamp = header("webhook-timestamp");
  const auto signatures = header("webhook-signature");
  if (!id || !timestamp || !signatures) return Verdict::missing;
  std::int64_t sent = 0;
  const auto read = std::from_chars(timestamp->data(), timestamp->data() + timestamp->size(), sent);
  if (read.ec != std::errc() || read.ptr != timestamp->data() + timestamp->size() || sent < 0 ||
      id->empty() || id->find('.') != std::string_view::npos) {
    return Verdict::malformed;
  }
  std::vector<Digest> right;
  for (const HmacKey& key : keys_) right.push_back(key.sign({*id, ".", *timestamp, ".", body}));
  bool understood = false;
  bool any = false;
  std::size_t count = 0;
  for (const std::string_view entry : split(*signatures, ' ')) {
    if (!entry.starts_with("v1,") || ++count > kMaxSignatures) continue;
    const auto given = parse_base64(entry.substr(3));
    if (!given) continue;
    understood = true;
    for (const Digest& digest : right) any |= same(view(digest), *given);
  }
  if (!understood) return Verdict::malformed;
  if (!any) return Verdict::wrong;
  const std::int64_t off = now.us / 1'000'000 - sent;
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
