#include "core/cli/own_program.h"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace bus::cli {

Result<std::string> own_program() {
  std::array<char, 4096> path;
  const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size());
  if (n <= 0) return system_error("cannot find our own program", errno);
  return std::string(path.data(), static_cast<std::size_t>(n));
}

}  // namespace bus::cli
