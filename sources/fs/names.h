// Names of files as text. A name is bytes; an event is UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bus::fs {

// The name with each backslash doubled and each byte that is not part of valid UTF-8 as \xHH. Two different
// names never give the same text.
std::string escape(std::string_view name);

// Back to the bytes; nullopt for a text that escape() does not give.
std::optional<std::string> unescape(std::string_view text);

// At most `most` bytes of UTF-8, cut between two characters.
std::string_view clip(std::string_view text, std::size_t most);

}  // namespace bus::fs
