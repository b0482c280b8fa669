// What a server's error means to a sender.
#pragma once

#include <string_view>

#include "bus/plugin.hpp"

namespace bus::redis {

// denied: a person has to do something (a login, a key of another type); else unavailable.
Status status_of_error(std::string_view error);

}  // namespace bus::redis
