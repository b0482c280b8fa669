// CloudEvents 1.0 (github.com/cloudevents/spec): our events in the interchange form, in and out. EVENTS.md
// has the mapping.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/event/event.h"
#include "core/json/reader.h"

namespace bus::event {

// The event as one JSON object (application/cloudevents+json). `data` is its data's text; empty: none.
// Without data it is looked at all the same: the type of GitHub's events names the action.
enum class WithData : std::uint8_t { no, yes };
std::string to_cloudevent(const Event& event, std::string_view data, WithData with_data = WithData::yes);

// A CloudEvent in the JSON format, as `node` and its own bytes. Its id becomes the key. Code::invalid names
// the attribute that is missing or wrong.
Result<Event> from_cloudevent(json::Node node, std::string_view text, Time now);

// A CloudEvent in HTTP's binary mode: attributes are the `ce-` headers without their prefix (values as they
// were sent, still percent-encoded), `body` the data.
using Attributes = std::vector<std::pair<std::string, std::string>>;
Result<Event> from_cloudevent_binary(const Attributes& attributes, std::string_view content_type,
                                     std::string_view body, Time now);

}  // namespace bus::event
