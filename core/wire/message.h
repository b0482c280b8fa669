// Messages of protocol 2: requests with ids, answers, and what a subscription sends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/json/reader.h"
#include "core/json/writer.h"

namespace bus::wire {

inline constexpr int kProtocol = 2;

// One request. Views into the frame and its Document.
struct Request {
  std::int64_t id = 0;
  std::string_view op;
  json::Node body;        // the whole frame
  std::string_view text;  // its bytes

  // A parameter by name, as text; Code::invalid if it is there and no string.
  Result<std::string_view> text_of(std::string_view name) const;
  Result<std::int64_t> integer_of(std::string_view name, std::int64_t other, std::int64_t least,
                                  std::int64_t most) const;
  Result<bool> boolean_of(std::string_view name, bool other) const;
};

// Reads a frame's body. `proto` must be 2 where it is given, and must be given if `first`.
Result<Request> read_request(json::Node body, std::string_view text, bool first);

// {"id":7,"result":…} with `result` JSON already.
std::string answer(std::int64_t id, std::string_view result);
// {"id":7,"error":{…}}
std::string refusal(std::int64_t id, const Error& why);
void write_error(json::Writer& out, const Error& why);
// The Error that write_error() wrote.
Error read_error(json::Node node);

// What a subscription sends, `sub` being the id of the request that opened it.
std::string gap_message(std::int64_t sub, std::uint64_t from, std::uint64_t to);
std::string caught_up_message(std::int64_t sub, std::uint64_t position);
std::string end_message(std::int64_t sub, const Error& why);
// {"sub":7,"event":  — the event's JSON and a closing brace follow.
std::string event_prefix(std::int64_t sub);

}  // namespace bus::wire
