// Where a reader starts: the one reading of --since and of the protocol's `since`.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/store/store.h"

namespace bus::fanout {

// `now`, `start`, a seq, an event id (both: behind that event), a duration ("10m": received in the last ten
// minutes), an RFC 3339 time, "@cursor". The answer is the seq to read behind. Code::not_found for an unknown
// cursor or id and for a seq beyond the last, Code::invalid for what is none of these.
Result<std::uint64_t> resolve_since(std::string_view text, const store::Store& store, const Clock& clock);

}  // namespace bus::fanout
