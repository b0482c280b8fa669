// Conversation: a request whose answer goes on: a body without an end, or another protocol after an upgrade.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/client.h"

namespace bus::http {

// What came.
struct Heard {
  enum class What : std::uint8_t { bytes, end, woken };
  What what = What::woken;
  std::string bytes = {};  // not empty, with What::bytes
};

// Of one thread. Errors as those of HttpClient. ~Conversation closes the connection.
class Conversation {
 public:
  virtual ~Conversation() = default;
  // The answer without its body. Status 101: it goes on in the protocol that was asked for.
  virtual const ClientResponse& head() const = 0;
  // Waits without a deadline for the next bytes, for the orderly end, or for `wake`.
  virtual Result<Heard> hear() = 0;
  // All of it. After status 101 only. Code::timeout if the server takes none of it for so long.
  virtual Status say(std::string_view bytes, milliseconds patience) = 0;
};

// How a conversation differs from a request.
struct Manner {
  std::string upgrade = {};  // the protocol to go on in; empty: none
  int wake = -1;             // a descriptor that ends hear() while it is readable; must outlive it
};

}  // namespace bus::http
