// What bus.fd/1 and bus.timer/1 have in common in the host and in a child process.
#pragma once

#include <cstdint>

#include "bus/ext/fd.h"
#include "core/base/result.h"
#include "core/loop/runner.h"

namespace bus::plugin {

inline constexpr std::uint32_t kFdAsked = BUS_FD_READABLE | BUS_FD_WRITABLE;

// Between the events of bus.fd/1 and epoll's.
std::uint32_t to_epoll(std::uint32_t events);
std::uint32_t from_epoll(std::uint32_t events);

// Ok if such a timer can be armed by this thread.
Status check_timer(const loop::Runner& runner, std::uint64_t delay_us, std::uint64_t period_us);

}  // namespace bus::plugin
