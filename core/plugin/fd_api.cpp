// bus.fd/1: the C table over the runner's watches.
#include <sys/epoll.h>

#include "core/plugin/fd_events.h"
#include "core/plugin/host_api.h"
#include "core/plugin/host_call.h"

namespace bus::plugin {
namespace {

std::int32_t watch(void* self, std::int32_t fd, std::uint32_t events,
                   void (*ready)(void*, std::uint64_t, std::uint32_t), void* argument, std::uint64_t* watch,
                   bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (ready == nullptr || watch == nullptr || (events & ~kFdAsked) != 0)
      return bus::error(Code::invalid, "ready, watch and known events must be given");
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    return hand_over(
        instance.runner().watch(fd, to_epoll(events), "fd",
                                [&instance, ready, argument](std::uint64_t id, std::uint32_t brought) {
                                  instance.call([&] {
                                    ready(argument, id, from_epoll(brought));
                                    return std::int32_t{BUS_OK};
                                  });
                                }),
        watch);
  });
}

std::int32_t modify(void* self, std::uint64_t watch, std::uint32_t events, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if ((events & ~kFdAsked) != 0) return bus::error(Code::invalid, "unknown events");
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    return instance.runner().rewatch(watch, to_epoll(events));
  });
}

void remove(void* self, std::uint64_t watch) {
  quietly([&] {
    loop::Runner& runner = instance_of(self).runner();
    if (runner.on_thread()) runner.unwatch(watch);
  });
}

}  // namespace

std::uint32_t to_epoll(std::uint32_t events) {
  return ((events & BUS_FD_READABLE) != 0 ? std::uint32_t{EPOLLIN} : 0u) |
         ((events & BUS_FD_WRITABLE) != 0 ? std::uint32_t{EPOLLOUT} : 0u);
}

std::uint32_t from_epoll(std::uint32_t events) {
  return ((events & EPOLLIN) != 0 ? std::uint32_t{BUS_FD_READABLE} : 0u) |
         ((events & EPOLLOUT) != 0 ? std::uint32_t{BUS_FD_WRITABLE} : 0u) |
         ((events & EPOLLHUP) != 0 ? std::uint32_t{BUS_FD_HANGUP} : 0u) |
         ((events & EPOLLERR) != 0 ? std::uint32_t{BUS_FD_ERROR} : 0u);
}

Status check_timer(const loop::Runner& runner, std::uint64_t delay_us, std::uint64_t period_us) {
  constexpr std::uint64_t kLongest = 100ull * 365 * 24 * 3600 * 1'000'000;
  if (!runner.on_thread()) return error(Code::invalid, "timers are armed on the instance's own thread");
  if (period_us != 0 && period_us < 1000)
    return error(Code::invalid, "a timer's period must be 1 ms at least");
  if (delay_us > kLongest || period_us > kLongest)
    return error(Code::invalid, "a timer of more than 100 years");
  return Ok{};
}

const bus_fd kFdTable = {sizeof(bus_fd), 0, &watch, &modify, &remove};

}  // namespace bus::plugin
