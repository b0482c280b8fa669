#include "core/process/scope.h"

#include <fcntl.h>

#include <cerrno>

#include "core/base/file.h"

namespace bus::process {
namespace {

constexpr std::string_view kRoot = "/sys/fs/cgroup";

}  // namespace

std::string scope_name(std::string_view run) {
  return "bus-run-" + std::string(run) + ".scope";
}

// In the unified hierarchy, whose line is "0::/path".
std::string scope_folder(pid_t pid, std::string_view run) {
  const UniqueFd fd(::open(("/proc/" + std::to_string(pid) + "/cgroup").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  const auto text = read_all(fd.get(), std::size_t{64} << 10);
  if (!text) return {};
  const auto begin = text->starts_with("0::") ? 0 : text->find("\n0::");
  if (begin == std::string::npos) return {};
  const auto path = text->find('/', begin);
  if (path == std::string::npos) return {};
  std::string folder = text->substr(path, text->find('\n', path) - path);
  if (!folder.ends_with("/" + scope_name(run))) return {};
  return std::string(kRoot).append(folder);
}

Status kill_scope(const std::string& folder) {
  const UniqueFd fd(::open((folder + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return system_error(folder, errno);
  if (Status written = write_all(fd.get(), "1"); !written) return std::move(written).error().in(folder);
  return Ok{};
}

}  // namespace bus::process
