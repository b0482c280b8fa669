// application/x-www-form-urlencoded, as far as a webhook needs it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bus::github {

// True if a Content-Type (with or without parameters, in any case) names a form.
bool is_form(std::string_view content_type);

struct FormField {
  bool well_formed = true;           // false: a bad %-escape, or the field is there twice
  std::optional<std::string> value;  // decoded
};

// The field `name` of a form. Only that field is decoded.
FormField form_field(std::string_view body, std::string_view name);

}  // namespace bus::github
