// What the source github does with a payload, without its headers: the SDK's and the core's cannot stand in
// one file.
#pragma once

#include <functional>
#include <string>

namespace bus::bench {

// Each call makes an event of `body`, or parses it only. `body` must outlive them.
std::function<void()> making_an_event(const std::string& body);
std::function<void()> parsing(const std::string& body);

}  // namespace bus::bench
