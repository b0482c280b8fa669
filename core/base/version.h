// The version of this build.
#pragma once

#include <string_view>

namespace bus {
inline namespace base {

std::string_view version();  // "0.1.0", as CMakeLists.txt says it

}  // namespace base
}  // namespace bus
