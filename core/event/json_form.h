// The JSON form of an event, in and out.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/event/event.h"
#include "core/json/reader.h"
#include "core/json/writer.h"

namespace bus::event {

// An event encoded once and shared by everybody who passes it on. `data` is the last member, so that the form
// without it is a prefix: text.substr(0, head) + "}".
struct Encoded {
  std::string text;
  std::size_t head = 0;  // bytes before `,"data":…}`; text.size() - 1 if there is no data

  // The form without data, without its closing brace.
  std::string_view head_open() const { return std::string_view(text).substr(0, head); }
};

Encoded encode(const Event& event);
void write_task(json::Writer& out, const Task& task);

// JSON on one line, as `data` is kept: a line break between tokens becomes a space (inside strings JSON has
// none).
bool is_one_line(std::string_view json);
std::string one_line(std::string_view json);

// Reads an event that wants to enter: unknown members, wrong types and wrong words are errors that name the
// member. `text` is the event's own bytes (for `data`, kept as they stand), `node` the same parsed. `now`
// fills `time` where it is missing. seq, id, received and effect are refused: they are the host's to give.
Result<Event> decode_new(json::Node node, std::string_view text, Time now);

// Reads what encode() wrote (from the store or the wire). Lenient: unknown members are passed over.
Result<Event> decode(json::Node node, std::string_view text);
Result<Task> decode_task(json::Node node);

}  // namespace bus::event
