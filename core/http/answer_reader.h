// AnswerReader: from the bytes of a connection to an HTTP/1.1 response. Strict: an answer that is cut is
// never taken for a whole one. Pure; fuzzed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"
#include "core/http/chunked.h"
#include "core/http/client.h"

namespace bus::http {

inline constexpr std::size_t kMaxAnswerHead = 64u << 10;

// One response; what follows it is left alone. Interim answers (1xx) are passed over.
class AnswerReader {
 public:
  // `no_body`: it answers a HEAD or a CONNECT.
  AnswerReader(bool no_body, std::size_t max_body) : no_body_(no_body), max_body_(max_body) {}

  // True when the response is complete. Code::unavailable: this is no HTTP; Code::limit: beyond max_body.
  Result<bool> feed(std::string_view bytes);
  // The peer has ended the stream. Code::unavailable: in the middle of the answer.
  Status end();
  // The head is there, and what is fed now is the body.
  bool in_body() const { return in_body_; }
  // REQUIRES: in_body(). With as much of the body as was not drained.
  const ClientResponse& head() const { return response_; }
  // What has come of the body since the last time: then max_body bounds what is kept here.
  std::string drain() { return std::exchange(response_.body, {}); }
  // REQUIRES: it is complete.
  ClientResponse take() { return std::move(response_); }

 private:
  enum class Body : std::uint8_t { none, fixed, chunked, until_end };
  Status read_head(std::string_view head);
  Status judge_body();
  Result<bool> read_body(std::string_view bytes);

  const bool no_body_;
  const std::size_t max_body_;
  std::string head_;
  bool in_body_ = false, complete_ = false;
  Body body_ = Body::none;
  std::uint64_t left_ = 0;
  ChunkDecoder chunks_;
  ClientResponse response_;
};

}  // namespace bus::http
