// bus emit --bulk: many events, many in a frame, several frames under way.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/cli/session.h"
#include "core/json/reader.h"

namespace bus::cli {

// Reads NDJSON from the positional (@file, -) or stdin. kUsage if a line was refused, after all others were
// stored.
Result<int> emit_bulk(Session& session);

// "ID SEQ", or with --json the receipt as it came.
void write_receipt(Session& session, json::Node receipt, std::string_view text);

}  // namespace bus::cli
