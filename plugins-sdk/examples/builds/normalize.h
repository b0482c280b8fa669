// From the build service's words to events. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "bus/plugin.hpp"

namespace builds {

// The events of an answer to GET /builds, the oldest first. Code::invalid: it is not what the service
// answers; a build that lacks its id, project or status is passed over and counted.
struct Reading {
  std::vector<bus::Event> events;
  std::size_t odd = 0;  // builds that were passed over
};
bus::Status read_builds(std::string_view json, Reading& reading);

}  // namespace builds
