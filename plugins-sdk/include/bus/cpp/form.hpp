// C++ layer: events in other forms.
#pragma once

#include <string>
#include <string_view>

#include "bus/cpp/host.hpp"
#include "bus/ext/form.h"

namespace bus {
inline namespace sdk {

namespace detail {

inline Task task_of(const bus_task& from) {
  Task task;
  task.id = view(from.id), task.kind = view(from.kind), task.name = view(from.name),
  task.scope = view(from.scope);
  task.ref = view(from.ref), task.sha = view(from.sha), task.change = view(from.change),
  task.url = view(from.url);
  task.actor = view(from.actor), task.worker = view(from.worker), task.parent = view(from.parent);
  task.blocked_on = view(from.blocked_on), task.detail = view(from.detail), task.signal = view(from.signal);
  task.attempt = (from.flags & BUS_TASK_UNNUMBERED) != 0 ? 0 : from.attempt;
  task.state = static_cast<State>(from.state), task.result = static_cast<Outcome>(from.result);
  if ((from.flags & BUS_TASK_HAS_EXIT) != 0) task.exit = from.exit_code;
  task.started_us = from.started_us, task.ended_us = from.ended_us;
  return task;
}

inline Event event_of(const bus_event& from) {
  Event event;
  event.type = view(from.type), event.scope = view(from.scope), event.subject = view(from.subject);
  event.key = view(from.key), event.summary = view(from.summary);
  event.data = view(from.data), event.raw = view(from.raw);
  event.time_us = from.time_us;
  event.polled = (from.flags & BUS_EVENT_POLLED) != 0;
  if (from.task != nullptr) event.task = task_of(*from.task);
  return event;
}

}  // namespace detail

// Reads events in bus's own JSON form and CloudEvents, and writes the latter. Copied freely; safe on any
// thread.
class Form {
 public:
  explicit Form(Host host) : host_(host), table_(host.extension<bus_form>(BUS_EXT_FORM)) {}

  // Code::invalid says what is wrong with it.
  Status read(std::string_view json, Event& event) const {
    if (table_ == nullptr) return {Code::unavailable, "the host reads no events"};
    bus_error error = empty_error();
    const auto take = [](void* argument, const bus_event* taken) {
      *static_cast<Event*>(argument) = detail::event_of(*taken);
    };
    return status_of(table_->read(host_.c()->self, sdk::text(json), take, &event, &error), error);
  }

  // A record as CloudEvent, one line of JSON.
  Status write_cloudevent(const bus_record& record, std::string& json) const {
    if (table_ == nullptr || !BUS_HAS(bus_form, table_, write_cloudevent))
      return {Code::unavailable, "the host writes no CloudEvents"};
    bus_error error = empty_error();
    const auto take = [](void* argument, bus_text text) {
      *static_cast<std::string*>(argument) = view(text);
    };
    return status_of(table_->write_cloudevent(host_.c()->self, &record, take, &json, &error), error);
  }

 private:
  Host host_;
  const bus_form* table_;
};

}  // namespace sdk
}  // namespace bus
