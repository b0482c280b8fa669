// A request's headers and body against every signature scheme. Input: lines "name: value", an empty line, the
// body.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

#include "core/auth/signature.h"
#include "core/base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bus;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::string, std::less<>> headers;
  while (!input.empty()) {
    const std::size_t end = input.find('\n');
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos) headers[lower_ascii(line.substr(0, colon))] = line.substr(colon + 2);
  }
  const auto lookup = [&](std::string_view name) -> std::optional<std::string_view> {
    const auto at = headers.find(lower_ascii(name));
    return at == headers.end() ? std::nullopt : std::optional<std::string_view>(at->second);
  };
  static const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  static const std::string kPublic = "whpk_6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
  for (const auto scheme :
       {auth::Scheme::github_sha256, auth::Scheme::standard_webhooks, auth::Scheme::bearer,
        auth::Scheme::basic, auth::Scheme::named_header, auth::Scheme::hmac}) {
    std::vector<Secret> secrets;
    secrets.emplace_back(scheme == auth::Scheme::basic ? "user:password" : kSecret);
    if (scheme == auth::Scheme::standard_webhooks) secrets.emplace_back(kPublic);
    auth::SignatureRule rule{scheme, "x-token", "t="};
    if (scheme == auth::Scheme::hmac && size % 2 == 1) rule.encoding = auth::Encoding::base64;
    const auto verifier = auth::Verifier::make(rule, secrets);
    if (!verifier.ok()) std::abort();
    const auth::Verdict verdict = verifier->check(input, lookup, Time{1'614'265'330'000'000});
    // Whoever is let in has said something.
    if (verdict == auth::Verdict::accepted && headers.empty()) std::abort();
  }
  return 0;
}
