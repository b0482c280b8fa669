#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <vector>

#include "core/process/log_line.h"
#include "core/process/run_log.h"

namespace bus::process {
namespace {

constexpr std::string_view kSuffix = ".log";
// Between the making of a log and its lock nothing is written. So long an empty one is left alone.
constexpr seconds kYoung{60};

// All files of one log.
struct Log {
  std::vector<std::string> parts;  // rotated away, or half made
  std::uint64_t bytes = 0;
  std::int64_t written = 0;  // seconds since the epoch
};

// The log's own path for one of its files; empty: it is none.
std::string log_of(const std::string& path) {
  if (path.ends_with(kSuffix)) return path;
  const auto dot = path.rfind('.');
  if (dot == std::string::npos || !std::string_view(path).substr(0, dot).ends_with(kSuffix)) return {};
  const std::string_view tail = std::string_view(path).substr(dot + 1);
  const bool digits = !tail.empty() && tail.find_first_not_of("0123456789") == std::string_view::npos;
  return digits || tail == "new" ? path.substr(0, dot) : std::string();
}

Result<std::map<std::string, Log>> logs_below(const std::string& folder) {
  std::map<std::string, Log> logs;
  std::error_code failed;
  std::filesystem::recursive_directory_iterator at(folder, failed);
  if (failed == std::errc::no_such_file_or_directory) return logs;
  for (const std::filesystem::recursive_directory_iterator end; !failed && at != end; at.increment(failed)) {
    const std::string path = at->path();
    const std::string name = log_of(path);
    struct stat info {};
    if (name.empty() || ::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    Log& log = logs[name];
    log.bytes += static_cast<std::uint64_t>(info.st_size);
    log.written = std::max<std::int64_t>(log.written, info.st_mtim.tv_sec);
    if (path != name) log.parts.push_back(path);
  }
  if (failed) return system_error(folder, failed.value());
  return logs;
}

// False if it is being written.
bool remove_log(const std::string& path, const Log& log) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno != ENOENT) return false;
  if (fd && !lock_log(fd.get())) return false;
  for (const std::string& part : log.parts) ::unlink(part.c_str());
  return !fd || ::unlink(path.c_str()) == 0;
}

}  // namespace

Result<Pruned> prune_logs(const std::string& folder, std::uint64_t total_bytes) {
  auto logs = logs_below(folder);
  if (!logs) return std::move(logs).error();
  std::uint64_t total = 0;
  std::vector<std::map<std::string, Log>::const_iterator> by_age;
  by_age.reserve(logs->size());
  for (auto at = logs->cbegin(); at != logs->cend(); ++at) {
    total += at->second.bytes;
    by_age.push_back(at);
  }
  std::stable_sort(by_age.begin(), by_age.end(),
                   [](const auto& a, const auto& b) { return a->second.written < b->second.written; });
  const std::int64_t now = system_clock().now().us / 1'000'000;
  Pruned pruned;
  for (const auto& at : by_age) {
    if (total <= total_bytes) break;
    const auto& [path, log] = *at;
    if (log.bytes == 0 && now - log.written < kYoung.count()) continue;
    if (!remove_log(path, log)) continue;
    total -= log.bytes;
    pruned.bytes += log.bytes;
    ++pruned.logs;
  }
  return pruned;
}

}  // namespace bus::process
