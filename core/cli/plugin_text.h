// What the lists of plugins say below a plugin's line.
#pragma once

#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/cli/session.h"

namespace bus::cli {

// How its processes came to their ends, and what a person can do for it.
inline void write_below_plugin(Output& out, json::Node plugin) {
  if (const auto ends = plugin["restarts"].integer().value_or(0); ends != 0) {
    out.line("    its process has ended " + std::to_string(ends) + (ends == 1 ? " time" : " times") +
             ", last: " + printable(plugin["last_end"].string_or("")));
  }
  if (plugin["hint"].exists()) out.line("    " + printable(plugin["hint"].string_or("")));
}

}  // namespace bus::cli
