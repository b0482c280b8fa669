// bus.relay/1: the C table over a source's own door.
#include <string>
#include <utility>

#include "core/plugin/host_api.h"
#include "core/plugin/host_call.h"
#include "core/plugin/http_form.h"

namespace bus::plugin {
namespace {

using Answered = void (*)(void*, std::uint64_t, const bus_relay_answer*);

// Views into the C form; the body is a copy.
http::Request read_request(const bus_webhook_request& from) {
  http::Request out;
  out.method = view(from.method);
  out.path = view(from.path);
  out.query = view(from.query);
  out.headers.reserve(from.header_count);
  for (std::size_t i = 0; i < from.header_count; ++i)
    out.headers.push_back({view(from.headers[i].name), view(from.headers[i].value)});
  out.body = view(from.body);
  out.peer = "relay";
  return out;
}

Relays::Answered give(Instance& instance, Answered answered, void* argument) {
  return [&instance, answered, argument](std::uint64_t id, const http::Response& answer) {
    const bus_relay_answer out{sizeof(bus_relay_answer), answer.status, text_of(answer.body)};
    instance.call([&] {
      answered(argument, id, &out);
      return std::int32_t{BUS_OK};
    });
  };
}

std::int32_t pass(void* self, const bus_webhook_request* request, Answered answered, void* argument,
                  std::uint64_t* id, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (request == nullptr || request->size < sizeof *request || answered == nullptr || id == nullptr ||
        !has_headers(request->headers, request->header_count)) {
      return bus::error(Code::invalid, "a request with at most 100 headers, answered and id must be given");
    }
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    http::Request passed = read_request(*request);
    return hand_over(instance.relay(passed, give(instance, answered, argument)), id);
  });
}

void forget(void* self, std::uint64_t id) {
  quietly([&] {
    Instance& instance = instance_of(self);
    if (instance.runner().on_thread()) instance.relays().forget(id);
  });
}

}  // namespace

const bus_relay kRelayTable = {sizeof(bus_relay), 0, &pass, &forget};

}  // namespace bus::plugin
