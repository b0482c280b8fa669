// Numbered migrations: brings a database of any released schema to the newest.
#pragma once

#include "core/base/result.h"
#include "core/store/database.h"

namespace bus::store {

// The schema that this build writes.
int newest_schema();

// Each missing migration in a transaction of its own; `PRAGMA user_version` counts them. Code::config for a
// file of a newer bus.
Status migrate(Connection& connection);

}  // namespace bus::store
