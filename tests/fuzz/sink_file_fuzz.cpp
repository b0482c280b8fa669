// A file that sinks/file finds: what it takes for good must be whole lines within the file.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "sinks/file/tail.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const int fd = ::memfd_create("fuzz", MFD_CLOEXEC);
  if (fd < 0 || ::write(fd, data + 1, size - 1) != static_cast<ssize_t>(size - 1)) std::abort();
  bus::file::Tail tail;
  if (bus::file::read_tail(fd, size - 1, data[0], tail).ok()) {
    if (tail.size > size - 1) std::abort();
    if (tail.size != 0 && data[tail.size] != '\n') std::abort();
    if (tail.last && tail.last->id.size() != 26) std::abort();
  }
  ::close(fd);
  return 0;
}
