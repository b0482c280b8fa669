#include "core/process/proc_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/base/unique_fd.h"

namespace bus::process {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// The state letter and the group of one process: "1234 (any name) S 1 1234 …".
bool runs_in(int proc, const char* pid, pid_t pgid) {
  std::array<char, 32> path{};
  const std::size_t length = std::strlen(pid);
  constexpr std::string_view kStat = "/stat";
  if (length + kStat.size() >= path.size()) return false;
  std::memcpy(path.data(), pid, length);
  std::memcpy(path.data() + length, kStat.data(), kStat.size());
  const UniqueFd fd(::openat(proc, path.data(), O_RDONLY | O_CLOEXEC));
  std::array<char, 256> buffer{};
  const ssize_t got = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : 0;
  if (got <= 0) return false;  // it has just ended
  std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  const auto bracket = text.rfind(')');
  if (bracket == std::string_view::npos || bracket + 4 > text.size()) return false;
  const char state = text[bracket + 2];
  text.remove_prefix(bracket + 4);
  text.remove_prefix(std::min(text.find(' ') + 1, text.size()));  // the parent
  pid_t group = 0;
  std::from_chars(text.data(), text.data() + text.size(), group);
  return group == pgid && state != 'Z' && state != 'X';
}

}  // namespace

bool anyone_runs_in(pid_t pgid) {
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir("/proc"));
  if (!folder) return true;
  while (const dirent* entry = ::readdir(folder.get())) {
    const char first = entry->d_name[0];
    if (first >= '1' && first <= '9' && runs_in(::dirfd(folder.get()), entry->d_name, pgid)) return true;
  }
  return false;
}

}  // namespace bus::process
