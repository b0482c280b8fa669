// bus wait test: waits until a session of tests has ended, and shows what failed.
#pragma once

#include "core/base/result.h"
#include "core/cli/session.h"

namespace bus::cli {

// The first session that ends from now on, or from --since on; with --scope, --sha … only of those. Prints
// the tests that did not go well, then the session; the status is that of the session.
Result<int> wait_for_tests(Session& session);

}  // namespace bus::cli
