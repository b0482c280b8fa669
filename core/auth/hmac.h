// Hashes, HMAC and comparing in constant time.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/secret.h"

namespace bus::auth {

using Digest = std::array<std::uint8_t, 32>;

inline std::string_view view(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest sha256(std::string_view bytes);

// True if both are the same bytes. The time taken says nothing about where they differ.
bool same(std::string_view a, std::string_view b);

enum class Hash { sha256, sha1, sha384, sha512 };
std::size_t size_of(Hash hash);  // bytes

// A key that is set up once and used often. Safe for concurrent use.
class HmacKey {
 public:
  explicit HmacKey(const Secret& key, Hash hash = Hash::sha256);
  HmacKey(HmacKey&&) noexcept;
  HmacKey& operator=(HmacKey&&) noexcept;
  ~HmacKey();

  // HMAC of the parts, one after the other; as long as the hash is.
  std::string mac(std::initializer_list<std::string_view> parts) const;
  // The same of a key for SHA-256.
  Digest sign(std::initializer_list<std::string_view> parts) const;

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

}  // namespace bus::auth
