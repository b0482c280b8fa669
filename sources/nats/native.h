// Reading an event in bus's own JSON form, as it stood in another bus's log.
#pragma once

#include <string>
#include <string_view>

#include "bus/plugin.hpp"

namespace bus::nats {

// What an event was where it was stored. Texts are empty where unknown.
struct Origin {
  std::string bus;     // what that bus is called
  std::string source;  // who told of it there
  std::string id, key, received;
  std::string seq;   // digits
  std::string path;  // the buses that it came through, with commas between
  std::string data;  // JSON
};

// True if it is a JSON object with a `specversion`: a CloudEvent, not bus's own form.
bool is_cloudevent(std::string_view json);

// Reads one JSON object with the members of core/event/EVENTS.md. An event that another bus got through NATS
// itself is read as what it was at its origin. `event` gets all but key and data. False: `why` says what is
// wrong.
bool read_native(std::string_view json, Event& event, Origin& origin, std::string& why);

}  // namespace bus::nats
