// Memory that starting took and waiting does not need.
#pragma once

namespace bus {
inline namespace base {

// Gives free heap back, and unmaps the pages of the program and its libraries that only starting touched:
// about half of what an idle host would hold. They stay in the kernel's cache; what is used again is mapped
// again when it is, a page for less than a microsecond. Any thread, any time.
void give_back_start_memory();

}  // namespace base
}  // namespace bus
