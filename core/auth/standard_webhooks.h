// Standard Webhooks: signatures over "id.timestamp.body".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/auth/ed25519.h"
#include "core/auth/hmac.h"

namespace bus::auth {

// What a request carries in webhook-id, webhook-timestamp and webhook-signature.
struct StandardHeaders {
  std::string_view id, timestamp, signatures;
};

// The keys of a receiver: whsec_<base64 of 24 to 64 bytes> checks v1 (HMAC-SHA256), whpk_<base64 of 32 bytes>
// checks v1a (ed25519, the sender's public key). Safe for concurrent use once they are added.
class StandardKeys {
 public:
  // False if it is none of these. The prefix whsec_ may be left out.
  bool add(std::string_view secret);

  struct Finding {
    bool malformed = false;  // nothing in it can be read
    bool signature_right = false;
    std::int64_t sent = 0;  // Unix seconds
  };
  // Any signature of the header may match any key; of v1 the first 16 are looked at, of v1a, where each costs
  // a pass over the body, the first 4.
  Finding check(const StandardHeaders& headers, std::string_view body) const;

 private:
  std::vector<HmacKey> symmetric_;
  std::vector<Ed25519Key> asymmetric_;
};

}  // namespace bus::auth
