#include "core/auth/standard_webhooks.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "core/auth/base64.h"
#include "core/base/text.h"

namespace bus::auth {
namespace {

constexpr std::string_view kSymmetric = "whsec_";
constexpr std::string_view kPublic = "whpk_";
constexpr std::size_t kMaxV1 = 16;
constexpr std::size_t kMaxV1a = 4;

std::optional<std::int64_t> seconds_of(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// The bytes of the signatures that can be read, by version.
struct Given {
  std::vector<std::string> v1, v1a;
};

Given read_signatures(std::string_view header) {
  Given given;
  for (const std::string_view entry : split(header, ' ')) {
    const bool is_v1 = entry.starts_with("v1,");
    if (!is_v1 && !entry.starts_with("v1a,")) continue;
    std::vector<std::string>& place = is_v1 ? given.v1 : given.v1a;
    if (place.size() == (is_v1 ? kMaxV1 : kMaxV1a)) continue;
    if (auto bytes = parse_base64(entry.substr(entry.find(',') + 1))) place.push_back(std::move(*bytes));
  }
  return given;
}

}  // namespace

bool StandardKeys::add(std::string_view secret) {
  if (secret.starts_with(kPublic)) {
    const auto bytes = parse_base64(secret.substr(kPublic.size()));
    auto key = bytes ? Ed25519Key::make(*bytes) : std::nullopt;
    if (key) asymmetric_.push_back(std::move(*key));
    return key.has_value();
  }
  if (secret.starts_with(kSymmetric)) secret.remove_prefix(kSymmetric.size());
  auto bytes = parse_base64(secret);
  if (!bytes || bytes->size() < 24 || bytes->size() > 64) return false;
  symmetric_.emplace_back(Secret(std::move(*bytes)));
  return true;
}

StandardKeys::Finding StandardKeys::check(const StandardHeaders& headers, std::string_view body) const {
  Finding finding;
  const auto sent = seconds_of(headers.timestamp);
  const Given given = read_signatures(headers.signatures);
  finding.malformed = !sent || headers.id.empty() || headers.id.find('.') != std::string_view::npos ||
                      (given.v1.empty() && given.v1a.empty());
  if (finding.malformed) return finding;
  finding.sent = *sent;
  for (const HmacKey& key : symmetric_) {
    if (given.v1.empty()) break;
    const std::string right = key.mac({headers.id, ".", headers.timestamp, ".", body});
    for (const std::string& one : given.v1) finding.signature_right |= same(right, one);
  }
  if (asymmetric_.empty() || given.v1a.empty()) return finding;
  std::string message;
  message.reserve(headers.id.size() + headers.timestamp.size() + body.size() + 2);
  message.append(headers.id).append(".").append(headers.timestamp).append(".").append(body);
  for (const Ed25519Key& key : asymmetric_) {
    for (const std::string& one : given.v1a) finding.signature_right |= key.verify(message, one);
  }
  return finding;
}

}  // namespace bus::auth
