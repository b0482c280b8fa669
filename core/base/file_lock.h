// A lock between processes for a file that is replaced as a whole: the lock is on a file beside it.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace bus {
inline namespace base {

// Waits until nobody else has it; let go with the descriptor. Makes `<path>.lock` (0600), which stays.
Result<UniqueFd> lock_beside(const std::string& path);

}  // namespace base
}  // namespace bus
