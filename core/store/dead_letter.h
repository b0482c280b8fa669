// DeadLetter: an event that a sink will not take, and how it came to that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/ulid.h"
#include "core/event/json_form.h"

namespace bus::store {

struct DeadLetter {
  std::uint64_t id = 0;  // given by the store, never again
  std::string sink;      // the instance's name
  std::uint64_t seq = 0;
  Ulid event;
  Code code = Code::invalid;  // of the last refusal
  std::string reason;
  std::uint32_t attempts = 1;  // deliveries that failed
  Time first, last;            // tries that failed; without `first` it is the same as `last`
  event::Encoded json;         // the event itself; it may have left the log
};

struct DeadQuery {
  std::uint64_t id = 0;     // exactly this one; 0: any
  std::string sink{};       // empty: of every sink
  std::uint64_t after = 0;  // only ids above
  std::size_t limit = 50;
  bool data = true;  // false: the events come without their data
};

}  // namespace bus::store
