// bus.form/1: the C table over read_form().
#include "core/plugin/event_form.h"
#include "core/plugin/host_api.h"
#include "core/plugin/host_call.h"

namespace bus::plugin {
namespace {

std::int32_t read(void* self, bus_text json, void (*take)(void*, const bus_event*), void* argument,
                  bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (take == nullptr) return bus::error(Code::invalid, "take must be given");
    const Instance& instance = instance_of(self);
    return take_form(instance.plugin().descriptor, view(json), instance.services().clock.now(), take,
                     argument);
  });
}

}  // namespace

Status take_form(const Descriptor& descriptor, std::string_view text, Time now,
                 void (*take)(void*, const bus_event*), void* argument) {
  json::Document document;
  const auto event = read_form(descriptor, text, now, document);
  if (!event) return event.error();
  bus_event out{};
  bus_task task{};
  fill(*event, event->data, out, task);
  take(argument, &out);
  return Ok{};
}

const bus_form kFormTable = {sizeof(bus_form), 0, &read};

}  // namespace bus::plugin
