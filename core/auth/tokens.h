// API tokens: made here, shown once, kept only as hashes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/hmac.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/base/secret.h"

namespace bus::auth {

enum class Scope { events_read, events_write };

std::string_view name(Scope scope);  // "events:read", "events:write"
std::optional<Scope> scope_named(std::string_view name);

struct Token {
  std::string name;  // [a-z0-9][a-z0-9_.-]{0,63}
  std::vector<Scope> scopes;
  Time created;
  std::optional<Time> expires;
  Digest hash;  // SHA-256 of the token's text

  bool may(Scope scope) const;
};

// The tokens of one private JSON file, which is written as a whole. A file that is not there means no tokens.
// Another process may change it: it is read again when it is not the one read last. Safe for concurrent use.
class TokenStore {
 public:
  explicit TokenStore(std::string path) : path_(std::move(path)) {}

  // Makes a token of 32 random bytes, "bus_" and 43 URL-safe characters. The text is nowhere else afterwards.
  // Code::conflict if the name is taken.
  Result<Secret> create(std::string_view name, std::vector<Scope> scopes, std::optional<Time> expires,
                        Time now);
  Status remove(std::string_view name);
  Result<std::vector<Token>> list();

  // The token of that text. Code::denied if there is none, if it has expired, or may not do `needed`.
  // Compares with every token, in constant time.
  Result<Token> check(std::string_view text, Scope needed, Time now);

 private:
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  Status load() BUS_REQUIRES(mutex_);
  Status save(const std::vector<Token>& tokens) BUS_REQUIRES(mutex_);

  const std::string path_;
  Mutex mutex_;
  std::vector<Token> tokens_ BUS_GUARDED_BY(mutex_);
  Stamp stamp_ BUS_GUARDED_BY(mutex_);
};

}  // namespace bus::auth
