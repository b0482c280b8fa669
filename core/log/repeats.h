// Repeats: lets a message through a few times in a while and counts the rest. Inside core/log only.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/log/log.h"

namespace bus::log {

// One thread at a time. Remembers at most kMostMessages; a message beyond that is let through.
class Repeats {
 public:
  // How often `message` was held back since it was last let through.
  using Tell = std::function<void(Level level, const std::string& message, std::uint64_t times)>;
  static constexpr std::size_t kMostMessages = 256;

  Repeats(std::uint32_t burst, microseconds window) : burst_(burst), window_(window) {}

  // Whether the line may be written. Windows that have ended before `now` are told first.
  bool admit(Level level, std::string_view message, Mono now, const Tell& tell);
  // Tells all that is held back, ended or not, and forgets it.
  void flush(const Tell& tell);

 private:
  struct Seen {
    Level level;
    std::string message;
    Mono since;
    std::uint64_t count = 0;
  };
  void tell_one(const Seen& seen, const Tell& tell) const;
  void end_windows(Mono now, const Tell& tell);

  const std::uint32_t burst_;
  const microseconds window_;
  std::list<Seen> seen_;  // oldest window first
  std::unordered_map<std::string, std::list<Seen>::iterator> by_message_;
};

}  // namespace bus::log
