// What a message means: pure, bytes in, an event out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "bus/plugin.hpp"

namespace bus::nats {

inline constexpr std::size_t kMaxHops = 16;         // buses that an event may come through
inline constexpr std::size_t kMaxBody = 16u << 20;  // bytes

// A message as it came. Empty: there is no such header.
struct Message {
  std::string_view body;
  std::string_view id;      // Nats-Msg-Id
  std::string_view origin;  // Bus-Origin: where the event was stored first
  std::string_view path;    // Bus-Path: the buses that it came through, its origin first, with commas between
  std::string_view place;   // its place in the stream, for messages without an id
};

enum class Verdict {
  event,   // one for us
  own,     // it was here already: dropped
  poison,  // never an event
};

// Reads messages for the bus that is called `origin`. Copied freely; safe on any thread.
class MessageReader {
 public:
  MessageReader(Host host, std::string origin) : form_(host), origin_(std::move(origin)) {}

  // Fills `event` where it is one. Its key is the id that it has at its origin; type, texts, times and the
  // task are those of the origin; data is an object: origin, source, id, seq, key, received, path, and the
  // origin's data as `data`. With poison `why` says what is wrong.
  Verdict read(const Message& message, Event& event, std::string& why) const;

 private:
  Form form_;
  std::string origin_;
};

}  // namespace bus::nats
