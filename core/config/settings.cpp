#include "core/config/settings.h"

#include <array>

namespace bus::config {

std::string_view name(Origin origin) {
  constexpr std::array<std::string_view, 4> kNames = {"default", "file", "environment", "flag"};
  return kNames[static_cast<std::size_t>(origin)];
}

Origin Settings::origin(std::string_view key) const {
  const auto found = set_by.find(key);
  return found == set_by.end() ? Origin::builtin : found->second.origin;
}

Place Settings::place(std::string_view key) const {
  const auto found = set_by.find(key);
  return found == set_by.end() ? Place{} : found->second.place;
}

}  // namespace bus::config
