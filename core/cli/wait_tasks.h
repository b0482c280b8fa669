// bus wait task ID...: waits until the tasks are finished, or cannot be observed. Answers at once for those
// that are.
#pragma once

#include "core/base/result.h"
#include "core/cli/session.h"

namespace bus::cli {

Result<int> wait_for_tasks(Session& session);

}  // namespace bus::cli
