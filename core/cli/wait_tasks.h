// bus wait task ID...: waits until the tasks are finished, or cannot be observed: all of them, or any.
// Answers at once for those that are. A task may be a group (wait_group.h): its members decide, and are
// printed at the end.
#pragma once

#include "core/base/result.h"
#include "core/cli/session.h"

namespace bus::cli {

Result<int> wait_for_tasks(Session& session);

}  // namespace bus::cli
