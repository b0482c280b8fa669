// What every verb that follows the log tells of it on stderr.
#pragma once

#include "core/cli/session.h"
#include "core/client/follower.h"

namespace bus::cli {

// Remarks on an item that is no event: a gap, a host that went or came back. Nothing for the rest.
void tell_of(const Session& session, const client::Item& item);

}  // namespace bus::cli
