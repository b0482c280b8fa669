// The store on one SQLite file in WAL mode.
#pragma once

#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/store/store.h"

namespace bus::store {

// Opens or creates `<folder>/bus.db` (0600) and brings its schema up to date. The folder must exist and be
// private; the caller has made sure that no other process writes there. `clock` must outlive the store.
Result<std::unique_ptr<Store>> open_sqlite(const std::string& folder, const Clock& clock);

}  // namespace bus::store
