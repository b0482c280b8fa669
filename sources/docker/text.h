// Numbers and JSON from outside, read leniently.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string_view>

#include "bus/cpp/text.hpp"

namespace bus::docker {

// A whole number, all of the text; `otherwise` if it is none.
std::int64_t number_or(std::string_view text, std::int64_t otherwise);
// Members of a JSON object. What is missing or of another type gives nothing. Views live as long as the
// parser's document.
std::string_view text_of(simdjson::dom::object object, std::string_view key);
std::int64_t number_of(simdjson::dom::object object, std::string_view key);  // 0: nothing
bool flag_of(simdjson::dom::object object, std::string_view key);
// False: there is no such object.
bool object_of(simdjson::dom::object object, std::string_view key, simdjson::dom::object& found);

}  // namespace bus::docker
