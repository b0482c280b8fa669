#include "core/auth/hmac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
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

struct HashInfo {
  const char* name;
  std::size_t size;
};
constexpr std::array<HashInfo, 4> kHashes = {{{"SHA256", 32}, {"SHA1", 20}, {"SHA384", 48}, {"SHA512", 64}}};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Digest sha256(std::string_view bytes) {
  Digest digest;
  must(EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), digest.data(), nullptr) == 1);
  return digest;
}

std::size_t size_of(Hash hash) {
  return kHashes[static_cast<std::size_t>(hash)].size;
}

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void HmacKey::Free::operator()(void* context) const {
  EVP_MAC_CTX_free(static_cast<EVP_MAC_CTX*>(context));
}

HmacKey::HmacKey(const Secret& key, Hash hash) : context_(EVP_MAC_CTX_new(hmac())) {
  std::string name = kHashes[static_cast<std::size_t>(hash)].name;  // OpenSSL wants it writable
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
                               OSSL_PARAM_construct_end()};
  // A null key would mean "keep the old one", so an empty key still needs an address.
  const std::string_view text = key.empty() ? std::string_view("") : key.reveal();
  must(EVP_MAC_init(static_cast<EVP_MAC_CTX*>(context_.get()), bytes_of(text), text.size(), params) == 1);
}
HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;
HmacKey::~HmacKey() = default;

std::string HmacKey::mac(std::initializer_list<std::string_view> parts) const {
  const std::unique_ptr<void, Free> copy(EVP_MAC_CTX_dup(static_cast<const EVP_MAC_CTX*>(context_.get())));
  auto* const context = static_cast<EVP_MAC_CTX*>(copy.get());
  must(context != nullptr);
  for (const std::string_view part : parts) must(EVP_MAC_update(context, bytes_of(part), part.size()) == 1);
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  std::size_t length = 0;
  must(EVP_MAC_final(context, reinterpret_cast<unsigned char*>(mac.data()), &length, mac.size()) == 1);
  mac.resize(length);
  return mac;
}

Digest HmacKey::sign(std::initializer_list<std::string_view> parts) const {
  const std::string bytes = mac(parts);
  Digest digest;
  must(bytes.size() == digest.size());
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

}  // namespace bus::auth
