// For tests of a plugin: bus.timer/1 and bus.fd/1, which act when the test says so.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "bus/testing/self.hpp"

namespace bus::testing {

struct FakeTimers {
  struct Timer {
    std::uint64_t delay_us = 0, period_us = 0;
    void (*fire)(void*, std::uint64_t) = nullptr;
    void* argument = nullptr;
  };
  struct Watch {
    std::int32_t fd = -1;
    std::uint32_t events = 0;
    void (*ready)(void*, std::uint64_t, std::uint32_t) = nullptr;
    void* argument = nullptr;
  };

  // Armed timers and watches that are not removed, by id.
  std::map<std::uint64_t, Timer> timers;
  std::map<std::uint64_t, Watch> watches;

  // Fires the timer with that id; one that is not periodic is gone then.
  void fire(std::uint64_t id) {
    const Timer timer = timers.at(id);
    if (timer.period_us == 0) timers.erase(id);
    timer.fire(timer.argument, id);
  }
  // Fires every timer that is armed now, once.
  void fire_all() {
    std::vector<std::uint64_t> ids;
    ids.reserve(timers.size());
    for (const auto& [id, timer] : timers) ids.push_back(id);
    for (const std::uint64_t id : ids) {
      if (timers.count(id) != 0) fire(id);
    }
  }
  // Says that `fd`, which must be watched, is ready.
  void ready(std::int32_t fd, std::uint32_t events = BUS_FD_READABLE) {
    for (const auto& [id, watch] : watches) {
      if (watch.fd == fd) return watch.ready(watch.argument, id, events);
    }
  }

 protected:
  static std::int32_t arm(void* self, std::uint64_t delay_us, std::uint64_t period_us,
                          void (*fire)(void*, std::uint64_t), void* argument, std::uint64_t* timer,
                          bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    if (all.refusal != BUS_OK) return refuse(error, all.refusal, "no timers now");
    *timer = ++all.last;
    all.timers->timers[*timer] = {delay_us, period_us, fire, argument};
    return BUS_OK;
  }
  static void cancel_timer(void* self, std::uint64_t timer) {
    FakeSelf::of(self).timers->timers.erase(timer);
  }

  static std::int32_t watch(void* self, std::int32_t fd, std::uint32_t events,
                            void (*ready)(void*, std::uint64_t, std::uint32_t), void* argument,
                            std::uint64_t* watch, bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    if (all.refusal != BUS_OK) return refuse(error, all.refusal, "no watches now");
    *watch = ++all.last;
    all.timers->watches[*watch] = {fd, events, ready, argument};
    return BUS_OK;
  }
  static std::int32_t modify(void* self, std::uint64_t watch, std::uint32_t events, bus_error* error) {
    auto& watches = FakeSelf::of(self).timers->watches;
    const auto found = watches.find(watch);
    if (found == watches.end()) return refuse(error, BUS_INVALID, "there is no such watch");
    found->second.events = events;
    return BUS_OK;
  }
  static void unwatch(void* self, std::uint64_t watch) { FakeSelf::of(self).timers->watches.erase(watch); }

  static constexpr bus_timer kTimer = {sizeof(bus_timer), 0, &arm, &cancel_timer};
  static constexpr bus_fd kFd = {sizeof(bus_fd), 0, &watch, &modify, &unwatch};
};

}  // namespace bus::testing
