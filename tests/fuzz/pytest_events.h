// What every event of the source `pytest` must keep, whatever came in.
#pragma once

#include <simdjson.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "bus/cpp/event.hpp"

namespace bus::fuzz {

inline void check_text(const std::string& text) {
  if (text.size() > 1024 || text.find('\0') != std::string::npos) std::abort();
  if (!simdjson::validate_utf8(text.data(), text.size())) std::abort();
}

inline void check_task(const Task& task) {
  if (task.id.empty() || task.kind.empty() || task.attempt == 0) std::abort();
  if ((task.state == State::finished) != (task.result != Outcome::none)) std::abort();
  if (task.started_us < 0 || task.ended_us < 0) std::abort();
  for (const std::string* text :
       {&task.id, &task.name, &task.scope, &task.ref, &task.sha, &task.worker, &task.parent, &task.detail}) {
    check_text(*text);
  }
}

inline void check_events(const std::vector<Event>& events) {
  static simdjson::dom::parser parser;
  for (const Event& event : events) {
    check_text(event.scope);
    check_text(event.subject);
    check_text(event.key);
    if (event.time_us < 0) std::abort();
    if (!event.task) std::abort();
    check_task(*event.task);
    if (parser.parse(event.data).error() != simdjson::SUCCESS) std::abort();
  }
}

}  // namespace bus::fuzz
