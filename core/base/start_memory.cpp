#include "core/base/start_memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace bus {
inline namespace base {
namespace {

// Only segments that cannot be written: their pages are those of the file.
int unmap_pages(dl_phdr_info* object, std::size_t, void* page_size) {
  const std::uintptr_t page = *static_cast<const std::uintptr_t*>(page_size);
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t from = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t begin = from & ~(page - 1);
    // An address that the loader gave us, as a number.
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    ::madvise(reinterpret_cast<void*>(begin), from + segment.p_memsz - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void give_back_start_memory() {
  ::malloc_trim(0);
  auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  ::dl_iterate_phdr(&unmap_pages, &page);
}

}  // namespace base
}  // namespace bus
