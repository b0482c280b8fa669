// Short ways to make events in tests.
#pragma once

#include <string>
#include <utility>

#include "core/store/store.h"

namespace bus::testing {

inline store::NewEvent note(std::string key = {}, std::string data = {}) {
  store::NewEvent incoming;
  incoming.event.source = "cli";
  incoming.event.type = "note";
  incoming.event.key = std::move(key);
  incoming.event.data = std::move(data);
  return incoming;
}

inline store::NewEvent report(const std::string& task, event::State state,
                              std::optional<event::Outcome> result = {}, std::uint32_t attempt = 1) {
  store::NewEvent incoming;
  incoming.event.source = "ci";
  incoming.event.type = "run";
  event::Task& facet = incoming.event.task.emplace();
  facet.id = task;
  facet.kind = "run";
  facet.state = state;
  facet.result = result;
  facet.attempt = attempt;
  return incoming;
}

}  // namespace bus::testing
