// bus.http/1: the C table over Requests.
#include <algorithm>
#include <string>
#include <utility>

#include "core/plugin/host_api.h"
#include "core/plugin/host_call.h"
#include "core/plugin/http_form.h"

namespace bus::plugin {
namespace {

Result<http::Reach> read_reach(const bus_http_request* request) {
  http::Reach reach;
  if (!knows_reach(*request)) return reach;
  reach.public_only = (request->flags & BUS_HTTP_PUBLIC_ONLY) != 0;
  if (!has_allowed(*request)) return error(Code::invalid, "at most 64 allowed places must be given");
  for (std::uint32_t i = 0; i < request->allowed_count; ++i)
    reach.allowed.emplace_back(view(request->allowed[i]));
  return reach;
}

Result<http::ClientRequest> read_request(const Instance& instance, const bus_http_request* request) {
  if (request == nullptr || request->size < kFirstHttpRequest || request->on_answer == nullptr ||
      !has_headers(request->headers, request->header_count)) {
    return error(Code::invalid, "a request with its callback and at most 100 headers must be given");
  }
  if (request->max_body > BUS_HTTP_MAX_BODY) return error(Code::invalid, "an answer is bounded to 64 MiB");
  http::ClientRequest out;
  out.method = request->method.len == 0 ? "GET" : std::string(view(request->method));
  out.url = view(request->url);
  out.unix_socket = view(request->unix_socket);
  out.body = view(request->body);
  out.headers = read_headers(instance, request->headers, request->header_count);
  out.timeout = time_of(request->timeout_us, out.timeout);
  out.connect_timeout = time_of(request->connect_timeout_us, out.connect_timeout);
  out.max_body = request->max_body == 0 ? BUS_HTTP_BODY : static_cast<std::size_t>(request->max_body);
  out.max_redirects = std::min(request->max_redirects, 20u);
  auto reach = read_reach(request);
  if (!reach) return std::move(reach).error();
  out.reach = std::move(*reach);
  return out;
}

// Of the request only this is valid after `send`.
struct Asker {
  void* argument;
  void (*on_answer)(void* argument, std::uint64_t request, const bus_http_answer* answer);
};

void give_answer(Instance& instance, const Asker& asker, std::uint64_t id,
                 const Result<http::ClientResponse>& answer) {
  const auto give = [&](const AnswerForm& form) {
    instance.call([&] {
      asker.on_answer(asker.argument, id, &form.c());
      return std::int32_t{BUS_OK};
    });
  };
  if (answer) {
    give(AnswerForm(*answer));
  } else {
    give(AnswerForm(answer.error()));
  }
}

std::int32_t send(void* self, const bus_http_request* request, std::uint64_t* id, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (id == nullptr) return bus::error(Code::invalid, "id must be given");
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    auto out = read_request(instance, request);
    if (!out) return std::move(out).error();
    const Asker asker{request->argument, request->on_answer};
    return hand_over(instance.requests().send(std::move(*out), request->max_per_host,
                                              [&instance, asker](std::uint64_t which, const auto& answer) {
                                                give_answer(instance, asker, which, answer);
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
