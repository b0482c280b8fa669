// bus emit --junit and --reportlog: a test runner's file, handed to the source `pytest`, which reads it.
#pragma once

#include "core/base/result.h"
#include "core/cli/session.h"

namespace bus::cli {

// Whether a file of reports was given in place of an event.
bool emits_report(const Arguments& arguments);

// Prints the session that the file tells of. The status is kUsage if the file is broken; what was complete is
// stored.
Result<int> emit_report(Session& session);

}  // namespace bus::cli
