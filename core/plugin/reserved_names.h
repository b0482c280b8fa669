// Names that no plugin may have: what bus itself and its clients call themselves in events.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace bus::plugin {

inline constexpr std::string_view kReservedNames[] = {"bus",  "cli", "client", "cloudevents",
                                                      "host", "on",  "rule",   "rules"};

constexpr bool is_reserved_name(std::string_view name) {
  return std::find(std::begin(kReservedNames), std::end(kReservedNames), name) != std::end(kReservedNames);
}

}  // namespace bus::plugin
