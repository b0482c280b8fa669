// The extensions of FakePluginHost: what a plugin asked for is kept, and the test calls back when it likes.
// One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "bus/plugin.h"

namespace bus::testing {

// `self` of every table is the FakeAbilities.
struct FakeAbilities {
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

  // Armed timers, watches that are not removed, and durable values, by id or key.
  std::map<std::uint64_t, Timer> timers;
  std::map<std::uint64_t, Watch> watches;
  std::map<std::string, std::string> state;

  // Fires the timer with that id; one that is not periodic is gone then.
  void fire(std::uint64_t id) {
    const Timer timer = timers.at(id);
    if (timer.period_us == 0) timers.erase(id);
    timer.fire(timer.argument, id);
  }
  // Says that `fd`, which must be watched, is ready.
  void ready(std::int32_t fd, std::uint32_t events = BUS_FD_READABLE) {
    for (const auto& [id, watch] : watches) {
      if (watch.fd == fd) return watch.ready(watch.argument, id, events);
    }
  }

  // The table of an extension; null for one that this fake does not have.
  static const void* table(std::string_view id) {
    if (id == BUS_EXT_TIMER) return &kTimer;
    if (id == BUS_EXT_FD) return &kFd;
    if (id == BUS_EXT_STATE) return &kState;
    return nullptr;
  }

  void* owner = nullptr;
  std::uint64_t last = 0;

 private:
  static FakeAbilities& of(void* self) { return *static_cast<FakeAbilities*>(self); }
  static std::string text(bus_text text) { return text.len == 0 ? "" : std::string(text.ptr, text.len); }

  static std::int32_t arm(void* self, std::uint64_t delay_us, std::uint64_t period_us,
                          void (*fire)(void*, std::uint64_t), void* argument, std::uint64_t* timer,
                          bus_error*) {
    *timer = ++of(self).last;
    of(self).timers[*timer] = {delay_us, period_us, fire, argument};
    return BUS_OK;
  }
  static void cancel(void* self, std::uint64_t timer) { of(self).timers.erase(timer); }

  static std::int32_t watch(void* self, std::int32_t fd, std::uint32_t events,
                            void (*ready)(void*, std::uint64_t, std::uint32_t), void* argument,
                            std::uint64_t* watch, bus_error*) {
    *watch = ++of(self).last;
    of(self).watches[*watch] = {fd, events, ready, argument};
    return BUS_OK;
  }
  static std::int32_t modify(void* self, std::uint64_t watch, std::uint32_t events, bus_error*) {
    of(self).watches.at(watch).events = events;
    return BUS_OK;
  }
  static void unwatch(void* self, std::uint64_t watch) { of(self).watches.erase(watch); }

  static std::int32_t get(void* self, bus_text key, char* buffer, std::size_t capacity, std::size_t* length,
                          bus_error*) {
    const auto found = of(self).state.find(text(key));
    *length = found == of(self).state.end() ? BUS_STATE_MISSING : found->second.size();
    if (found != of(self).state.end()) found->second.copy(buffer, capacity);
    return BUS_OK;
  }
  static std::int32_t put(void* self, bus_text key, bus_text value, bus_error*) {
    of(self).state[text(key)] = text(value);
    return BUS_OK;
  }
  static std::int32_t remove(void* self, bus_text key, bus_error*) {
    of(self).state.erase(text(key));
    return BUS_OK;
  }

  static constexpr bus_timer kTimer = {sizeof(bus_timer), 0, &arm, &cancel};
  static constexpr bus_fd kFd = {sizeof(bus_fd), 0, &watch, &modify, &unwatch};
  static constexpr bus_state kState = {sizeof(bus_state), 0, &get, &put, &remove};
};

}  // namespace bus::testing
