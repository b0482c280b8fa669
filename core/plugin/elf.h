// What can be seen in the bytes of a shared library before it is mapped.
#pragma once

#include <string_view>

#include "core/base/result.h"

namespace bus::plugin {

// Ok for a 64-bit x86-64 shared object whose program headers and loaded segments lie within the bytes:
// mapping it cannot run behind the end of the file. Code::invalid says what is wrong.
Status check_elf(std::string_view bytes);

}  // namespace bus::plugin
