// Channel: the bytes to and from a server, with one deadline for all of it. For this folder only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/http/cancel.h"
#include "core/http/reach.h"

namespace bus::http {

inline constexpr auto kForever = std::chrono::steady_clock::time_point::max();

// How long somebody waits, whatever trickles in.
struct Patience {
  std::chrono::steady_clock::time_point deadline;
  const Cancel* cancel = nullptr;  // may be null
  int wake = -1;                   // a descriptor that ends a receive() while it is readable; -1: none
};

inline constexpr std::size_t kWoken = SIZE_MAX;

// One thread. Errors: Code::timeout, Code::stopping (cancelled), Code::unavailable (broken off), Code::denied
// (not whom we meant to talk to).
class Channel {
 public:
  virtual ~Channel() = default;
  // At least one byte; 0 at the peer's orderly end; kWoken: nothing was lost, call again.
  virtual Result<std::size_t> receive(char* buffer, std::size_t capacity) = 0;
  // All of it.
  virtual Status send(std::string_view bytes) = 0;
  // From now on.
  virtual void set_patience(const Patience& patience) = 0;
};

// `cancel` must outlive the channel. `connect` bounds the connecting alone. The host's name is looked up by
// the system, which can be neither cancelled nor hurried. Its addresses that `reach` forbids are passed over;
// Code::denied: there is no other. What was judged is what is connected to.
Result<std::unique_ptr<Channel>> connect_tcp(const std::string& host, std::uint16_t port,
                                             const Patience& patience, milliseconds connect,
                                             const Reach& reach = {});
Result<std::unique_ptr<Channel>> connect_unix(const std::string& path, const Patience& patience);

}  // namespace bus::http
