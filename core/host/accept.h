// Events from clients, over the socket or HTTP: who may send what, and what they are told.
#pragma once

#include <cstddef>
#include <vector>

#include "core/event/event.h"
#include "core/host/parts.h"
#include "core/ingest/ingest.h"
#include "core/json/writer.h"

namespace bus::host {

inline constexpr std::size_t kMostEvents = 4096;  // in one request

// An event that was read, unless it speaks in the name of a loaded source (Code::denied).
Result<store::NewEvent> accept_event(const Parts& parts, Result<event::Event> event);

// Stores those that could be read and answers for all, in their order. Waits.
ingest::Answers append_accepted(Parts& parts, std::vector<Result<store::NewEvent>> incoming,
                                ingest::Durability durability);
// The same without waiting; `hand` as for Ingest::submit().
void submit_accepted(Parts& parts, std::vector<Result<store::NewEvent>> incoming,
                     ingest::Durability durability, ingest::Hand hand, ingest::Done done);

// {"id", "seq", "duplicate", "effect"} or {"error": {…}}.
void write_receipt(json::Writer& out, const ingest::Answer& answer);

}  // namespace bus::host
