// From the words of the command line to a verb that is run.
#pragma once

#include <span>
#include <string>

#include "core/cli/output.h"

namespace bus::cli {

// Does what the words (without the program's name) say; the exit status. Errors are told on stderr.
int dispatch(std::span<const std::string> words, Output& out);

}  // namespace bus::cli
