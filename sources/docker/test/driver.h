// Runs a source of this folder against a scripted engine on one thread: what is ready is called, timers fire
// when the test says so, and the clock stands still.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sources/docker/test/scripted_engine.h"
#include "tests/support/fake_plugin_host.h"

namespace bus::docker {

class Driver {
 public:
  Driver(bus::testing::FakePluginHost& host, ScriptedEngine& engine) : host_(host), engine_(engine) {}

  // Until nobody has anything to do.
  void settle() {
    for (int idle = 0; idle < 3;) {
      const bool busy = engine_.step();
      const bool called = call_ready();
      idle = busy || called ? 0 : idle + 1;
    }
  }

  // Lets time go by: what is due within it fires, and everybody goes on.
  void pass(std::chrono::microseconds time) {
    host_.now_us += time.count();
    std::vector<std::uint64_t> due;
    for (const auto& [id, timer] : host_.abilities.timers) {
      if (timer.delay_us <= static_cast<std::uint64_t>(time.count())) due.push_back(id);
    }
    for (const std::uint64_t id : due) {
      if (host_.abilities.timers.count(id) != 0) host_.abilities.fire(id);
    }
    settle();
  }

  std::size_t timers() const { return host_.abilities.timers.size(); }

 private:
  bool call_ready() {
    std::vector<std::pair<int, std::uint32_t>> wanted;
    for (const auto& [id, watch] : host_.abilities.watches) wanted.emplace_back(watch.fd, watch.events);
    bool called = false;
    for (const auto& [fd, events] : wanted) {
      const bool read = (events & BUS_FD_READABLE) != 0, write = (events & BUS_FD_WRITABLE) != 0;
      pollfd one{fd, static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0)), 0};
      if (!watched(fd) || ::poll(&one, 1, 0) != 1) continue;
      host_.abilities.ready(fd, BUS_FD_READABLE);
      called = true;
    }
    return called;
  }
  bool watched(int fd) const {
    for (const auto& [id, watch] : host_.abilities.watches) {
      if (watch.fd == fd) return true;
    }
    return false;
  }

  bus::testing::FakePluginHost& host_;
  ScriptedEngine& engine_;
};

}  // namespace bus::docker
