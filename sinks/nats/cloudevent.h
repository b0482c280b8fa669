// Events as CloudEvents 1.0 in the JSON format, by the table in core/event/EVENTS.md.
#pragma once

#include <string>
#include <string_view>

#include "bus/plugin.hpp"

namespace bus::nats {

// The attributes that do not stand in the record where another bus's event is passed on.
struct CloudEventOf {
  std::string_view id, source, data;  // data: JSON; empty: none
};

std::string cloudevent_of(const bus_record& record, const CloudEventOf& of);

// Texts as a CloudEvents String and as a path of a URI: without what those exclude.
std::string cloudevent_text(std::string_view text);
std::string uri_path(std::string_view text);

}  // namespace bus::nats
