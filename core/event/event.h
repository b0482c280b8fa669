// Event: one occurrence in the one form that everything in bus speaks. EVENTS.md is the schema.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/ulid.h"
#include "core/event/task.h"

namespace bus::event {

// Bounds of what may enter, in bytes. `data` is bounded by its entrance (25 MiB for webhooks, 16 MiB for
// frames).
inline constexpr std::size_t kMaxWord = 64;      // source, type
inline constexpr std::size_t kMaxText = 1024;    // scope, subject, key, task fields
inline constexpr std::size_t kMaxSummary = 200;  // characters
inline constexpr std::size_t kMaxData = 32u << 20;

struct Event {
  std::uint64_t seq = 0;  // position in the log; given by the store
  Ulid id;                // given by the store
  std::string source;     // plugin, [a-z][a-z0-9_]*
  std::string type;       // the source's own name for the occurrence, [a-z][a-z0-9_]*
  std::string scope;      // where it belongs
  std::string subject;    // what it is about
  Time time;              // the occurrence, by the source's clock
  Time received;          // given by the store
  std::string key;        // the occurrence's own identity; empty: it has none and is never a duplicate
  std::string summary;    // one line
  std::string trace;      // W3C traceparent of what caused it; empty: not known
  std::optional<Task> task;
  std::string data;  // JSON text of the source's own words; empty: none
};

// Checks every bound and word of an event that wants to enter; Code::invalid names the field. `seq`, `id` and
// `received` are not looked at. `data` must be JSON already (whoever read it has parsed it).
Status validate(const Event& event);

// Makes `summary` one printable line of at most kMaxSummary characters; an empty one is made from the other
// fields.
void tidy_summary(Event& event);

}  // namespace bus::event
