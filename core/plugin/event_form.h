// Events in other forms, in and out (bus.form/1).
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/event/event.h"
#include "core/json/reader.h"
#include "core/plugin/descriptor.h"

namespace bus::plugin {

// The event of `text`, in the JSON form of EVENTS.md or as CloudEvent, as one of that plugin's: valid, of a
// type that it declares. `now` fills its time where it is missing. Code::invalid says what is wrong.
// `document` is a buffer.
Result<event::Event> read_form(const Descriptor& descriptor, std::string_view text, Time now,
                               json::Document& document);
// The same, handed to `take` in the C form.
Status take_form(const Descriptor& descriptor, std::string_view text, Time now,
                 void (*take)(void*, const bus_event*), void* argument);

// An event in the JSON form as CloudEvent, with its data. Code::invalid: it is none.
Result<std::string> write_cloudevent(std::string_view json, json::Document& document);
// The same of a record, handed to `take`.
Status take_cloudevent(const bus_record& record, void (*take)(void*, bus_text), void* argument);

}  // namespace bus::plugin
