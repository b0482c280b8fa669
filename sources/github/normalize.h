// From a webhook delivery to the event that it means. Pure: no clock, no I/O; the same delivery gives the
// same event.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "bus/cpp/event.hpp"

namespace bus::github {

// A delivery as it came in, signature already checked.
struct Posted {
  std::string_view event;         // X-GitHub-Event
  std::string_view delivery;      // X-GitHub-Delivery
  std::string_view content_type;  // a form, or else taken as JSON
  std::string_view body;
};

// Why a delivery is not taken. Sending it again does not help.
struct Refusal {
  std::string_view code;     // "bad_json"
  std::string_view message;  // for people; like the code a literal that needs no escaping in JSON
};

// Not safe for concurrent use: it keeps the memory of its parser from one delivery to the next (up to some
// MiB).
class Normalizer {
 public:
  // The event: `key` is the delivery's id, `type` the event's name, `data` the JSON of the body byte for
  // byte; `raw` the body itself where it is a form.
  std::variant<Event, Refusal> normalize(const Posted& posted);

  // The event of what was found by asking: `json` has the form of that event's webhook. It has no key: the
  // host compares its task with what is known, and stores what is new. nullopt if it is no JSON object.
  // REQUIRES: `event_name` is a word.
  std::optional<Event> observed(std::string_view event_name, std::string json);

 private:
  // Fills the event from its data. An error of the parser comes back.
  simdjson::error_code read(Event& event);

  simdjson::dom::parser parser_;
};

}  // namespace bus::github
