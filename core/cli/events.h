// What the verbs that print events share.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/cli/session.h"
#include "core/json/reader.h"

namespace bus::cli {

enum class Format { text, json };

// --format, or --json. Code::invalid for a word that is none.
Result<Format> format_of(const Session& session);

// One event as a line on stdout.
void write_event(Session& session, Format format, json::Node event, std::string_view text);

}  // namespace bus::cli
