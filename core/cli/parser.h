// The parser: from the words after the verb to Arguments. CLI11 is in parser.cpp alone, and is set up only
// for the one verb that was said.
#pragma once

#include <span>
#include <string>

#include "core/base/result.h"
#include "core/cli/arguments.h"
#include "core/cli/verb.h"

namespace bus::cli {

// Code::invalid: an unknown option (with the nearest known one as hint), a missing or a surplus argument.
// Everything behind the first `--` is Arguments::rest() where the verb takes a command, and is not looked at;
// elsewhere it is positional.
Result<Arguments> parse(const Verb& verb, std::span<const std::string> words);

}  // namespace bus::cli
