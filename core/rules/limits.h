// Resource limits as they are written: "nofile=1024", "as=2GiB", "cpu=60".
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/process/program.h"

namespace bus::rules {

// One of: as, core, cpu, data, fsize, memlock, nofile, nproc, stack. Sizes in bytes, with units if wanted;
// cpu in seconds. Soft and hard limit are set to the same. Code::invalid.
Result<process::Limit> parse_limit(std::string_view text);

}  // namespace bus::rules
