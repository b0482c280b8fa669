#include "sinks/http/sign.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <optional>

namespace bus::http {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kShortestKey = 24, kLongestKey = 64;

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string out((size + 2) / 3 * 4 + 1, '\0');
  const int length =
      ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(size));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

// The key that a secret stands for; wiped with it.
class Key {
 public:
  explicit Key(std::string_view secret) {
    if (secret.starts_with(kPrefix)) secret.remove_prefix(kPrefix.size());
    std::size_t padding = 0;
    while (padding < 2 && padding < secret.size() && secret[secret.size() - 1 - padding] == '=') ++padding;
    if (secret.size() % 4 != 0 || secret.size() > bytes_.size() / 3 * 4) return;
    const int length = ::EVP_DecodeBlock(bytes_.data(), reinterpret_cast<const unsigned char*>(secret.data()),
                                         static_cast<int>(secret.size()));
    if (length < 0) return;
    size_ = static_cast<std::size_t>(length) - padding;
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { ::OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  bool good() const { return size_ >= kShortestKey && size_ <= kLongestKey; }
  const unsigned char* data() const { return bytes_.data(); }
  std::size_t size() const { return size_; }

 private:
  std::array<unsigned char, 96> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

Status sign(const std::vector<std::string_view>& secrets, std::string_view id, std::int64_t seconds,
            std::string_view body, std::string& signature) {
  signature.clear();
  if (secrets.empty()) return denied("the signing secret is not set");
  std::string text(id);
  text.append(".").append(std::to_string(seconds)).append(".").append(body);
  for (const std::string_view secret : secrets) {
    const Key key(secret);
    if (!key.good()) return denied("the signing secret is not base64 of 24 to 64 bytes behind whsec_");
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size) == nullptr) {
      return fault("the signature cannot be computed");
    }
    if (!signature.empty()) signature += ' ';
    signature.append("v1,").append(base64(digest, size));
  }
  return {};
}

}  // namespace bus::http
