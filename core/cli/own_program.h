// The executable that runs now.
#pragma once

#include <string>

#include "core/base/result.h"

namespace bus::cli {

// Its absolute path.
Result<std::string> own_program();

}  // namespace bus::cli
