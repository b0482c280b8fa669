// From the engine's words to events. Pure: no clock, no I/O; the same words in the same order give the same
// events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bus/cpp/event.hpp"
#include "sources/docker/containers.h"
#include "sources/docker/describe.h"
#include "sources/docker/message.h"
#include "sources/docker/observation.h"

namespace bus::docker {

// What is wanted of all that the engine tells.
struct Choice {
  std::vector<std::string> types;     // none: all
  std::vector<std::string> labels;    // each must be there: "key" or "key=value"
  std::vector<std::string> excluded;  // actions; one that ends with * stands for all that begin so

  bool has_type(std::string_view type) const;
  bool has_labels(const std::vector<Attribute>& labels) const;
  bool excludes(std::string_view action) const;
};

// One thread. Remembers the containers that have not ended.
class Normalizer {
 public:
  enum class Taken : std::uint8_t { told, unwanted, refused };

  explicit Normalizer(Choice choice) : choice_(std::move(choice)) {}

  // A message of /events. The events that it means are appended. `refused`: it is none. A time that lies
  // ahead of `now_us` does not count as progress.
  Taken take(std::string_view json, std::int64_t now_us, std::vector<Event>& events);

  // The engine was asked, and answered that. What happened behind `subscribed_us` is left to the message that
  // is on its way.
  void observe(const Observation& seen, std::int64_t subscribed_us, std::int64_t now_us,
               std::vector<Event>& events);
  // The engine was asked for a container, and does not know it any more.
  void gone(std::string_view id, std::int64_t now_us, std::vector<Event>& events);

  // Nobody can tell from now on: what was known is doubtful until it is observed.
  void lose_sight(std::int64_t now_us) { containers_.lose_sight(now_us); }
  // Reports the doubtful ones as unknown, each once.
  void tell_unknown(std::int64_t now_us, std::vector<Event>& events);

  // True if asking about it can tell something new, by what a list says.
  bool worth_asking(const Listed& listed);
  std::vector<std::string> known() const { return containers_.ids(); }
  std::size_t open() const { return containers_.size(); }
  // Containers whose start seems to have failed, which no message says: to be asked about. Hands them over.
  std::vector<std::string> take_doubtful();

  // Up to when the engine was listened to: the time of the youngest message, ns; 0: never.
  std::int64_t progress_ns() const { return progress_ns_; }
  // Where there was none: from now on nothing may be missed.
  void note_progress(std::int64_t now_us);
  bool wants_containers() const { return choice_.has_type("container"); }

  // All that is remembered, as text of at most 60 KiB; restore() takes it back.
  std::string save(std::int64_t now_us) const;
  void restore(std::string_view saved);

 private:
  // Where a report comes from: its place in time, and what keys are made of.
  struct Report {
    std::int64_t time_us = 0;
    std::string key;       // empty: found by asking
    std::string_view raw;  // the message
    bool wanted = true;    // the event that it is; what follows from it is always told
  };
  void take_container(const Message& message, const Report& report, std::vector<Event>& events);
  void note(Container& container, const Message& message);
  void look_for_failed_start(const Message& message);
  void begin(const Facts& facts, const Report& report, Event event, std::vector<Event>& events);
  void end(const Facts& facts, const Ending& ending, std::optional<int> exit, const Report& report,
           Event event, std::vector<Event>& events);
  void lose(const Facts& facts, const Report& report, std::vector<Event>& events);
  void end_health(const Facts& facts, const Report& report, std::vector<Event>& events);
  void observe_pending(const Observation& seen, std::int64_t now_us, std::vector<Event>& events);
  void observe_running(const Observation& seen, std::int64_t now_us, std::vector<Event>& events);
  void observe_end(const Observation& seen, std::int64_t now_us, std::vector<Event>& events);
  void take_health(const Facts& facts, std::string_view word, const Report& report, Event event,
                   std::vector<Event>& events);
  void push(Event event, const Report& report, std::string_view suffix, std::vector<Event>& events);

  const Choice choice_;
  MessageReader reader_;
  Containers containers_;
  std::vector<std::string> doubtful_;
  std::int64_t progress_ns_ = 0;
};

}  // namespace bus::docker
