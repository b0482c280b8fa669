// What a plugin says of itself, copied out of its library and checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.h"
#include "core/base/result.h"

namespace bus::plugin {

enum class Role : std::uint8_t { source, sink };
std::string_view name(Role role);

enum class OptionType : std::uint8_t { text, integer, boolean, duration, size, path, list, choice, paths };

struct OptionInfo {
  std::string name, help;
  std::string fallback;  // the default; only if has_default
  bool has_default = false;
  OptionType type = OptionType::text;
  bool required = false, secret = false;
  std::vector<std::string> choices;
};

struct Descriptor {
  Role role = Role::source;
  std::string name, version, summary;
  std::uint32_t abi_minor = 0;
  std::vector<std::string> event_types;
  std::vector<OptionInfo> options;
  // One of them, after `role`. Code of the library, which is never unloaded.
  const bus_source* (*create_source)(const bus_host*, bus_error*) = nullptr;
  const bus_sink* (*create_sink)(const bus_host*, bus_error*) = nullptr;

  bool declares(std::string_view type) const;
  // True if it can run without anything being configured.
  bool needs_no_settings() const;
};

// Code::invalid says which field is wrong, or that the ABI's major version is another.
Result<Descriptor> read_descriptor(const bus_plugin& plugin);

}  // namespace bus::plugin
