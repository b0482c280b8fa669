// The desktop's notifications: org.freedesktop.Notifications on the session's D-Bus.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "bus/plugin.hpp"
#include "sinks/notify/note.h"

namespace bus::notify {

// Speaks D-Bus on the instance's thread without ever waiting: the host watches its descriptor. Between start
// and stop.
class Desktop {
 public:
  // The note's number, or why it is not shown. Code::unavailable: no bus, nobody there, or too slow.
  using Answer = std::function<void(const Status& status, std::uint32_t note)>;

  // `address` of the bus; empty: the session's, as the environment says. `lost` is called when the desktop
  // may have begun to count its notes anew.
  Desktop(Host host, std::string address, std::function<void()> lost);
  Desktop(const Desktop&) = delete;
  Desktop& operator=(const Desktop&) = delete;
  ~Desktop();

  // Connects if it is not connected. Code::unavailable says what is missing and what to do.
  Status open();
  void close();
  // Shows it in the place of the note `replaces` (0: of none), for `timeout_ms` (-1: as long as the desktop
  // likes). An error: it was not even asked, and `answer` is not called. Else it is, later, unless the
  // desktop is closed before.
  Status show(const Note& note, std::uint32_t replaces, std::int32_t timeout_ms, Answer answer);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace bus::notify
