// bus.form/1: the C table over read_form() and write_cloudevent().
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

std::int32_t write(void*, const bus_record* record, void (*take)(void*, bus_text), void* argument,
                   bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (take == nullptr || record == nullptr)
      return bus::error(Code::invalid, "a record and take must be given");
    return take_cloudevent(*record, take, argument);
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

Status take_cloudevent(const bus_record& record, void (*take)(void*, bus_text), void* argument) {
  if (!BUS_HAS(bus_record, &record, json)) return error(Code::invalid, "a record must have its JSON form");
  json::Document document;
  const auto text = write_cloudevent(view(record.json), document);
  if (!text) return text.error();
  take(argument, text_of(*text));
  return Ok{};
}

const bus_form kFormTable = {sizeof(bus_form), 0, &read, &write};

}  // namespace bus::plugin
