// What bus.http/1 and bus.stream/1 have in common: from the C form of a request to ours, and of the answer
// back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bus/ext/http.h"
#include "core/base/clock.h"
#include "core/http/client.h"
#include "core/plugin/instance.h"

namespace bus::plugin {

// The size of a request as plugins had it before `flags`.
inline constexpr std::size_t kFirstHttpRequest = offsetof(bus_http_request, flags);
// True if the request has `flags` and `allowed`.
inline bool knows_reach(const bus_http_request& request) {
  return request.size >= offsetof(bus_http_request, allowed) + sizeof(void*);
}
// True if there are at most 64 places, where it says, or the request knows of none.
inline bool has_allowed(const bus_http_request& request) {
  return !knows_reach(request) || request.allowed_count == 0 ||
         (request.allowed_count <= 64 && request.allowed != nullptr);
}

// True if there are at most 100, where it says.
bool has_headers(const bus_header* headers, std::size_t count);
// With the host's User-Agent if there is none. REQUIRES: has_headers().
http::HeaderList read_headers(const Instance& instance, const bus_header* headers, std::size_t count);
// At most an hour; `otherwise` for 0.
milliseconds time_of(std::uint64_t us, milliseconds otherwise);

// The C form of an answer, as long as this and the answer live.
class AnswerForm {
 public:
  explicit AnswerForm(const http::ClientResponse& answer);
  explicit AnswerForm(const Error& why);
  AnswerForm(const AnswerForm&) = delete;
  AnswerForm& operator=(const AnswerForm&) = delete;
  const bus_http_answer& c() const { return c_; }

 private:
  std::vector<bus_header> headers_;
  bus_http_answer c_{};
};

}  // namespace bus::plugin
