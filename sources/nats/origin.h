// What this bus is called among those that meet on a server.
#pragma once

#include <string>
#include <string_view>

#include "bus/plugin.hpp"

namespace bus::nats {

// A name of a bus: [A-Za-z0-9_-], at most 64. It is one token of a subject.
bool is_origin(std::string_view text);

// What a bus is known by. Empty where the system does not say.
struct Place {
  std::string host, machine, user, state;
};
Place this_place();

// <host>-<digits>, the digits made of machine, user and state folder: the same at each start and in each
// plugin of one bus, another one for another bus. Empty if the machine has no id.
std::string origin_of(const Place& place);

// The setting `origin`, or else that of this place. Throws Failure if it is wrong, or there is none.
std::string configured_origin(const Settings& settings);

}  // namespace bus::nats
