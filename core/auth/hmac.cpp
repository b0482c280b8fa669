#include "core/auth/hmac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>

namespace bus::auth {
namespace {

// OpenSSL refuses these calls only when memory is gone or the library is broken: nothing can be checked then,
// and nothing may be accepted.
void must(bool worked) {
  if (!worked) std::abort();
}

EVP_MAC* hmac() {
  static EVP_MAC* const kHmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  must(kHmac != nullptr);
  return kHmac;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Digest sha256(std::string_view bytes) {
  Digest digest;
  must(EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), digest.data(), nullptr) == 1);
  return digest;
}

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void HmacKey::Free::operator()(void* context) const {
  EVP_MAC_CTX_free(static_cast<EVP_MAC_CTX*>(context));
}

HmacKey::HmacKey(const Secret& key) : context_(EVP_MAC_CTX_new(hmac())) {
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  // A null key would mean "keep the old one", so an empty key still needs an address.
  const std::string_view text = key.empty() ? std::string_view("") : key.reveal();
  must(EVP_MAC_init(static_cast<EVP_MAC_CTX*>(context_.get()), bytes_of(text), text.size(), params) == 1);
}
HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;
HmacKey::~HmacKey() = default;

Digest HmacKey::sign(std::initializer_list<std::string_view> parts) const {
  const std::unique_ptr<void, Free> copy(EVP_MAC_CTX_dup(static_cast<const EVP_MAC_CTX*>(context_.get())));
  auto* const context = static_cast<EVP_MAC_CTX*>(copy.get());
  must(context != nullptr);
  for (const std::string_view part : parts) must(EVP_MAC_update(context, bytes_of(part), part.size()) == 1);
  Digest digest;
  std::size_t length = 0;
  must(EVP_MAC_final(context, digest.data(), &length, digest.size()) == 1 && length == digest.size());
  return digest;
}

}  // namespace bus::auth
