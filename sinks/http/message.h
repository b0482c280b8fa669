// What is sent for events: the body and the headers that belong to it. Pure, but for the host's CloudEvents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bus/plugin.hpp"

namespace bus::http {

enum class Format : std::uint8_t {
  structured,  // one CloudEvent as JSON
  binary,      // one CloudEvent, its attributes as headers, its data as the body
  batch,       // an array of CloudEvents
  native,      // one event in the JSON form of EVENTS.md
};
Format format_named(std::string_view word);

struct Message {
  Http::Headers headers;
  std::string body;
  std::string id;         // for webhook-id: the event's, or the first and the last one's
  std::size_t count = 0;  // records that are in it
};

// The message for records from `first` on: one, or with `batch` up to `most`. Code::invalid: record `first`
// cannot be written; a message ends before such a record.
Status compose(Format format, const Form& form, const Batch& batch, std::size_t first, std::size_t most,
               Message& message);

// Text as the value of a CloudEvents header: percent-encoded but for what is printable ASCII, less space, "
// and %.
std::string header_value(std::string_view text);

}  // namespace bus::http
