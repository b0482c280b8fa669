// Base64 with the standard alphabet (RFC 4648). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bus::github {

std::string base64_encode(std::string_view bytes);
// Nullopt for anything that base64_encode would not have written, line breaks too.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace bus::github
