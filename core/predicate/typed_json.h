// Values as JSON: plainly, for people and scripts, and typed, so that nothing of a CEL value is lost.
//
// Typed: {"int": "1"} {"uint": "1"} {"double": "1.5"} {"string": "s"} {"bytes": "base64"} {"bool": true}
// {"null": null} {"list": [VALUE…]} {"map": [[VALUE, VALUE]…]} {"type": "int"} {"timestamp": "RFC 3339"}
// {"duration": "1.5s"}.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/json/reader.h"
#include "core/predicate/arena.h"
#include "core/predicate/value.h"

namespace bus::predicate {

// REQUIRES (both): the value is no error.
void append_typed(std::string& out, const Value& value);
// Numbers as numbers; bytes as base64; timestamps, durations, types and what a double has no JSON for as
// strings; keys of maps as strings.
void append_plain(std::string& out, const Value& value);

// Reads the typed form. Text stays in the node's document, lists and maps go into `arena`.
Result<Value> read_typed(json::Node node, Arena& arena);

}  // namespace bus::predicate
