// bus.stream/1: the C table over Streams.
#include <string>
#include <utility>

#include "core/plugin/host_api.h"
#include "core/plugin/host_call.h"
#include "core/plugin/http_form.h"

namespace bus::plugin {
namespace {

Result<http::ClientRequest> read_request(const Instance& instance, const bus_stream_request* request) {
  if (request == nullptr || request->size < sizeof *request || request->on_open == nullptr ||
      request->on_data == nullptr || request->on_close == nullptr ||
      !has_headers(request->headers, request->header_count)) {
    return error(Code::invalid, "a stream with its callbacks and at most 100 headers must be given");
  }
  http::ClientRequest out;
  out.method = request->method.len == 0 ? "GET" : std::string(view(request->method));
  out.url = view(request->url);
  out.unix_socket = view(request->unix_socket);
  out.headers = read_headers(instance, request->headers, request->header_count);
  out.timeout = time_of(request->head_timeout_us, out.timeout);
  out.connect_timeout = time_of(request->connect_timeout_us, out.connect_timeout);
  return out;
}

// Of the copy of the request only the callbacks and their argument are valid by now.
Streams::Calls calls_of(Instance& instance, const bus_stream_request& asked) {
  Streams::Calls calls;
  calls.opened = [&instance, asked](std::uint64_t id, const http::ClientResponse& head) {
    const AnswerForm form(head);
    instance.call([&] {
      asked.on_open(asked.argument, id, &form.c());
      return std::int32_t{BUS_OK};
    });
  };
  calls.heard = [&instance, asked](std::uint64_t id, std::string_view bytes) {
    instance.call([&] {
      asked.on_data(asked.argument, id, text_of(bytes));
      return std::int32_t{BUS_OK};
    });
  };
  calls.over = [&instance, asked](std::uint64_t id, const Status& why) {
    const std::int32_t code = why ? std::int32_t{BUS_OK} : code_of(why.error().code);
    const bus_text message = why ? bus_text{} : text_of(why.error().message);
    instance.call([&] {
      asked.on_close(asked.argument, id, code, message);
      return std::int32_t{BUS_OK};
    });
  };
  return calls;
}

std::int32_t open(void* self, const bus_stream_request* request, std::uint64_t* stream, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (stream == nullptr) return bus::error(Code::invalid, "stream must be given");
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    auto out = read_request(instance, request);
    if (!out) return std::move(out).error();
    return hand_over(instance.streams().open(std::move(*out), std::string(view(request->upgrade)),
                                             calls_of(instance, *request)),
                     stream);
  });
}

std::int32_t write(void* self, std::uint64_t stream, bus_text bytes, bus_error* error) {
  return guarded(error, [&]() -> Status {
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    return instance.streams().write(stream, view(bytes));
  });
}

void close(void* self, std::uint64_t stream) {
  quietly([&] {
    Instance& instance = instance_of(self);
    if (instance.runner().on_thread()) instance.streams().close(stream);
  });
}

}  // namespace

const bus_stream kStreamTable = {sizeof(bus_stream), 0, &open, &write, &close};

}  // namespace bus::plugin
