#include "core/process/descriptor_limit.h"

#include <algorithm>
#include <cerrno>

namespace bus::process {
namespace {

std::optional<rlimit>& before() {
  static std::optional<rlimit> limit;
  return limit;
}

}  // namespace

Status raise_descriptor_limit(rlim_t most) {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) return system_error("the limit of descriptors", errno);
  const rlimit wanted{.rlim_cur = std::min(now.rlim_max, most), .rlim_max = now.rlim_max};
  if (wanted.rlim_cur <= now.rlim_cur) return Ok{};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) != 0) return system_error("the limit of descriptors", errno);
  before() = now;
  return Ok{};
}

std::optional<rlimit> descriptor_limit_of_programs() {
  return before();
}

}  // namespace bus::process
