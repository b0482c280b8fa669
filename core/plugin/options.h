// The settings of an instance: what is configured, checked against the plugin's option table, defaults filled
// in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/config/table.h"
#include "core/plugin/descriptor.h"

namespace bus::plugin {

struct OptionValue {
  std::vector<std::string> texts;      // one, or a list's elements
  std::optional<std::int64_t> number;  // int; bool as 0 or 1; duration in µs; size in bytes
  bool secret = false;                 // texts[0] names a secret
};

using Options = std::map<std::string, OptionValue, std::less<>>;

// Code::config with every problem and its place: unknown names (with the nearest), wrong types, words that
// are no choice, required ones that are missing. `what` names the table in messages: "source 'github'".
// `home` is what "~/" stands for.
Result<Options> check_options(const Descriptor& descriptor, const config::Table& table,
                              const std::string& what, const std::string& home);

}  // namespace bus::plugin
