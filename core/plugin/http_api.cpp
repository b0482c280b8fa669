// bus.http/1: the C table over Requests.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/base/version.h"
#include "core/plugin/host_api.h"
#include "core/plugin/host_call.h"

namespace bus::plugin {
namespace {

constexpr std::size_t kMaxHeaders = 100;
constexpr std::uint64_t kLongest = 3'600'000'000;  // µs

milliseconds time_of(std::uint64_t us, milliseconds otherwise) {
  if (us == 0) return otherwise;
  return std::chrono::ceil<milliseconds>(microseconds(static_cast<std::int64_t>(std::min(us, kLongest))));
}

Result<http::ClientRequest> read_request(const Instance& instance, const bus_http_request* request) {
  if (request == nullptr || request->size < sizeof *request || request->on_answer == nullptr ||
      request->header_count > kMaxHeaders || (request->header_count != 0 && request->headers == nullptr)) {
    return error(Code::invalid, "a request with its callback and at most 100 headers must be given");
  }
  if (request->max_body > BUS_HTTP_MAX_BODY) return error(Code::invalid, "an answer is bounded to 64 MiB");
  http::ClientRequest out;
  out.method = request->method.len == 0 ? "GET" : std::string(view(request->method));
  out.url = view(request->url);
  out.unix_socket = view(request->unix_socket);
  out.body = view(request->body);
  bool named = false;
  out.headers.reserve(request->header_count + 1);
  for (std::size_t i = 0; i < request->header_count; ++i) {
    const auto& header =
        out.headers.emplace_back(view(request->headers[i].name), view(request->headers[i].value));
    named = named || lower_ascii(header.first) == "user-agent";
  }
  if (!named) {
    out.headers.emplace_back(
        "User-Agent", "bus/" + std::string(version()) + " (" + instance.plugin().descriptor.name + ")");
  }
  out.timeout = time_of(request->timeout_us, out.timeout);
  out.connect_timeout = time_of(request->connect_timeout_us, out.connect_timeout);
  out.max_body = request->max_body == 0 ? BUS_HTTP_BODY : static_cast<std::size_t>(request->max_body);
  out.max_redirects = std::min(request->max_redirects, 20u);
  return out;
}

void give_answer(Instance& instance, const bus_http_request& request, std::uint64_t id,
                 const Result<http::ClientResponse>& answer) {
  std::vector<bus_header> headers;
  bus_http_answer out{};
  out.size = sizeof out;
  if (answer) {
    headers.reserve(answer->headers.size());
    for (const auto& [name, value] : answer->headers) headers.push_back({text_of(name), text_of(value)});
    out.status = answer->status;
    out.headers = headers.data();
    out.header_count = headers.size();
    out.body = text_of(answer->body);
    out.url = text_of(answer->url);
  } else {
    out.code = code_of(answer.error().code);
    out.message = text_of(answer.error().message);
  }
  instance.call([&] {
    request.on_answer(request.argument, id, &out);
    return std::int32_t{BUS_OK};
  });
}

std::int32_t send(void* self, const bus_http_request* request, std::uint64_t* id, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (id == nullptr) return bus::error(Code::invalid, "id must be given");
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    auto out = read_request(instance, request);
    if (!out) return std::move(out).error();
    // Of the copy only the callback and its argument are valid later.
    return hand_over(
        instance.requests().send(std::move(*out), request->max_per_host,
                                 [&instance, asked = *request](std::uint64_t which, const auto& answer) {
                                   give_answer(instance, asked, which, answer);
                                 }),
        id);
  });
}

void cancel(void* self, std::uint64_t request) {
  quietly([&] {
    Instance& instance = instance_of(self);
    if (instance.runner().on_thread()) instance.requests().cancel(request);
  });
}

}  // namespace

const bus_http kHttpTable = {sizeof(bus_http), 0, &send, &cancel};

}  // namespace bus::plugin
