// The guard: reads the head of a request, and lets in only what can be read in one way. Pure; fuzzed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "core/http/message.h"

namespace bus::http {

inline constexpr std::size_t kMaxHeaders = 100;
inline constexpr std::size_t kMaxHeaderLine = 8u << 10;
inline constexpr std::size_t kMaxTarget = 4u << 10;

// Looks for the empty line that ends a head in `bytes`, of which the first `seen` were looked at before.
struct HeadEnd {
  enum State { incomplete, complete, malformed } state;
  std::size_t size = 0;  // of the head with its empty line, if complete
};
HeadEnd find_head_end(std::string_view bytes, std::size_t seen);

enum class BodyKind { none, fixed, chunked };

// A head that was let in. All views are into the bytes that were read.
struct Head {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::vector<HeaderView> headers;
  int minor = 1;  // HTTP/1.<minor>
  BodyKind body = BodyKind::none;
  std::uint64_t length = 0;  // of a fixed body
  bool keep_alive = true;
  bool expects_continue = false;
};

struct Refusal {
  int status;
  const char* code;
  const char* message;
};

// `block` is a whole head as find_head_end() delimits it.
std::variant<Head, Refusal> read_head(std::string_view block);

// Letters, digits and the marks that a method or the name of a header may have.
bool is_token(std::string_view text);

}  // namespace bus::http
