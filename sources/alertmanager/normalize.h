// From a notification of Alertmanager's webhook (version 4) to events: one for each alert. Pure: no clock, no
// I/O; the same notification gives the same events.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bus/cpp/event.hpp"
#include "sources/alertmanager/matcher.h"

namespace bus::alertmanager {

// An alert that is a watchdog. Its event has no key and no time: when it counts, only its hearer knows.
struct Heard {
  std::size_t watchdog = 0;  // index into the matchers
  std::size_t event = 0;     // index into the events
  bool firing = false;
};

struct Reading {
  std::vector<Event> events;  // as the alerts stand in the notification, then what was left out of it
  std::vector<Heard> heard;
  std::uint64_t left_out = 0;  // alerts that Alertmanager did not send (its max_alerts)
};

// Why a notification is not taken. Sending it again does not help.
struct Refusal {
  std::string_view code;     // "bad_json"
  std::string_view message;  // for people; like the code a literal that needs no escaping in JSON
};

// The id of a watchdog's task: alertmanager:watchdog/<matcher>.
std::string watchdog_task_id(const Matcher& matcher);

// Not safe for concurrent use: it keeps the memory of its parser from one notification to the next.
class Normalizer {
 public:
  explicit Normalizer(std::vector<Matcher> watchdogs) : watchdogs_(std::move(watchdogs)) {}

  std::variant<Reading, Refusal> normalize(std::string_view body);

  const std::vector<Matcher>& watchdogs() const { return watchdogs_; }

 private:
  std::variant<Reading, Refusal> read_notification(const simdjson::dom::object& notification) const;

  std::vector<Matcher> watchdogs_;
  simdjson::dom::parser parser_;
};

}  // namespace bus::alertmanager
