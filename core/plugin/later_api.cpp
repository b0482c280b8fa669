// bus.later/1: the C table over a sink's instance.
#include "core/plugin/host_api.h"
#include "core/plugin/host_call.h"

namespace bus::plugin {
namespace {

std::int32_t answer(void* self, std::int32_t code, const bus_delivery* delivery, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (delivery == nullptr || delivery->size < sizeof *delivery)
      return bus::error(Code::invalid, "the delivery must be given");
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    return instance.deliver_answered(code, *delivery);
  });
}

std::int32_t progress(void* self, std::uint32_t accepted, bus_error* error) {
  return guarded(error, [&]() -> Status {
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    return instance.deliver_progressed(accepted);
  });
}

}  // namespace

const bus_later kLaterTable = {sizeof(bus_later), 0, &answer, &progress};

}  // namespace bus::plugin
