// What a library says of itself, for a person who is to decide whether to trust it.
#pragma once

#include <string>

#include "core/plugin/descriptor.h"

namespace bus::plugin {

// {"name", "role", "version", "summary", "abi", "event_types", "options"} as one line of JSON. The library
// could have said anything: show it, do not rely on it.
std::string description_of(const Descriptor& descriptor);

}  // namespace bus::plugin
