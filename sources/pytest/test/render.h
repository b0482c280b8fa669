// Events as the text of an expected.txt.
#pragma once

#include <string>
#include <vector>

#include "bus/cpp/event.hpp"

namespace bus::pytest {

// Every field that is set, one a line; an empty line between two events.
std::string render(const std::vector<Event>& events);

}  // namespace bus::pytest
