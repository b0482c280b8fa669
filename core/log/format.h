// One log line in each of its forms. Pure. Inside core/log only.
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/log/log.h"

namespace bus::log {

inline constexpr std::size_t kMaxText = 4096;  // bytes of a message or of one value; what is longer is cut

// The line with its newline. REQUIRES: `format` is not automatic.
std::string format_line(Format format, Time time, Level level, std::string_view message, Fields fields);

}  // namespace bus::log
