// Protocol 1: the wire of an older event bus, so that its subscribers work on our socket unchanged.
// PROTOCOL.md says what of it there is and how our events look in it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/ulid.h"
#include "core/event/event.h"
#include "core/json/reader.h"

namespace bus::wire::protocol1 {

inline constexpr std::size_t kMaxFrame = 65'536;  // bytes of a body, in both directions
inline constexpr std::size_t kMaxFilters = 64;
inline constexpr seconds kHeartbeat{60};

// True for a first frame that is not protocol 2's: it names no operation.
bool speaks(json::Node first);

// A subscribe request that was understood.
struct Subscribe {
  std::vector<std::string> filters;      // "*", "owner/*", "owner/repo"; at least one
  std::vector<std::string> event_types;  // empty: all
  std::optional<Ulid> since;             // strictly behind this event

  bool wants(const event::Event& event) const;
};

// Why a request is refused: `reason` is the word of the reject frame.
struct Refusal {
  std::string reason;
  std::string remediation;
};

// Exactly one of the two is set.
struct Reading {
  std::optional<Subscribe> subscribe;
  std::optional<Refusal> refusal;
};
Reading read_subscribe(json::Node body);

// owner and repo of an event: the two halves of its scope; ("local", scope or source) where it has no two.
struct Place {
  std::string_view owner, repo;
};
Place place_of(const event::Event& event);

// Frame bodies.
std::string subscribe_ack(std::optional<Ulid> caught_up_at);
std::string subscribe_rejected(const Refusal& refusal);
// The event, or a `truncated` stub for one whose frame would be beyond kMaxFrame.
std::string event_frame(const event::Event& event);
std::string heartbeat(Time now, seconds uptime);

}  // namespace bus::wire::protocol1
