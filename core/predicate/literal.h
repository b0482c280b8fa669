// The text of string and bytes literals: escapes, and code points as UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bus::predicate {

// Appends a code point as UTF-8. REQUIRES: it is one (not a surrogate, at most 0x10FFFF).
void append_utf8(std::string& out, std::uint32_t code_point);

// Resolves the escapes in the body of a literal (without quotes and prefix). False: `at` is where the body is
// wrong and `why` says how.
bool unescape(std::string_view body, bool bytes, std::string& out, std::size_t& at, std::string_view& why);

}  // namespace bus::predicate
