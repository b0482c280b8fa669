// An event as one line of an expected.jsonl.
#pragma once

#include <string>
#include <string_view>

#include "bus/cpp/event.hpp"

namespace bus::docker {

// Every field that is set. `raw` is told by what it is: "message" where it is that message's bytes.
std::string render(const Event& event, std::string_view message);

}  // namespace bus::docker
