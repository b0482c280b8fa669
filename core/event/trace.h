// Trace: which chain of causes an event belongs to, as W3C Trace Context says it (traceparent, version 00).
// https://www.w3.org/TR/trace-context/
#pragma once

#include <string>
#include <string_view>

namespace bus::event {

// "00-<32 hex>-<16 hex>-<2 hex>", lower case; neither id is all zeros. Later versions are not taken.
bool is_traceparent(std::string_view text);

// The parts of a valid one.
std::string_view trace_id(std::string_view traceparent);
std::string_view span_id(std::string_view traceparent);

// A new span: in the trace of `parent` if that is valid, else in a new one. The ids are random.
std::string new_traceparent(std::string_view parent);

}  // namespace bus::event
