// Checking of ed25519 signatures.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

namespace bus::auth {

// A sender's public key. Safe for concurrent use.
class Ed25519Key {
 public:
  // nullopt unless `bytes` are the 32 of a key.
  static std::optional<Ed25519Key> make(std::string_view bytes);

  // True if `signature` (64 bytes) is one of `message` by the owner of the key.
  bool verify(std::string_view message, std::string_view signature) const;

 private:
  struct Free {
    void operator()(void* key) const;
  };
  explicit Ed25519Key(void* key) : key_(key) {}
  std::unique_ptr<void, Free> key_;
};

}  // namespace bus::auth
