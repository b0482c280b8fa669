// Whether a text is one JSON value.
#pragma once

#include <string_view>

namespace bus::check {

// RFC 8259, nested at most 200 deep. Texts are not looked at as UTF-8.
bool is_json(std::string_view text);

}  // namespace bus::check
