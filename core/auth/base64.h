// Base64 (RFC 4648), as strict as it is written there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bus::auth {

std::string base64(std::string_view bytes);
// The URL-safe alphabet, without padding.
std::string base64_url(std::string_view bytes);
// nullopt unless `text` is padded base64 of the standard alphabet, in the one form that base64() writes.
std::optional<std::string> parse_base64(std::string_view text);

}  // namespace bus::auth
