// An event that the user names: stored (a seq, an id, or the newest), or given as JSON.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/cli/session.h"
#include "core/event/event.h"

namespace bus::cli {

// `name` is a seq, an id, inline JSON, @file or -; empty: the newest stored event. Only stored ones need a
// host.
Result<event::Event> named_event(const Session& session, std::string_view name);

}  // namespace bus::cli
