#include "core/process/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <unordered_map>

#include "core/base/text.h"

namespace bus::process {
namespace {

// Whether `path` can be executed by us: 0, or why not.
int executable(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return errno;
  if (S_ISDIR(info.st_mode)) return EISDIR;
  if (!S_ISREG(info.st_mode)) return EACCES;
  return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

Error refuse(const std::string& shown, int reason) {
  if (reason == EISDIR) return error(Code::denied, shown + " is a folder, not a program");
  if (reason == EACCES || reason == EPERM) {
    return error(Code::denied, shown + " cannot be executed", "chmod +x " + shown);
  }
  Error failure = system_error(shown, reason);
  if (failure.code != Code::not_found) failure.code = Code::denied;
  return failure;
}

Result<std::string> resolve_as_path(std::string_view name, std::string_view cwd) {
  std::error_code failed;
  std::filesystem::path path(name);
  if (path.is_relative()) {
    path = cwd.empty() ? std::filesystem::current_path(failed) / path : std::filesystem::path(cwd) / path;
    if (!failed && path.is_relative()) path = std::filesystem::absolute(path, failed);
    if (failed) return system_error("the current folder", failed.value());
  }
  const std::string found = path.lexically_normal();
  if (const int reason = executable(found); reason != 0) return refuse(std::string(name), reason);
  return found;
}

}  // namespace

Result<std::string> resolve(std::string_view name, std::string_view path, std::string_view cwd) {
  if (name.empty()) return error(Code::not_found, "no program is named");
  if (name.find('\0') != std::string_view::npos)
    return error(Code::invalid, "a program's name cannot contain NUL");
  if (name.find('/') != std::string_view::npos) return resolve_as_path(name, cwd);
  std::string blocked;
  int reason = 0;
  for (std::string_view folder : split(path, ':')) {
    if (!folder.starts_with('/')) continue;
    std::string candidate = std::string(folder) + "/" + std::string(name);
    const int why = executable(candidate);
    if (why == 0) return candidate;
    if (blocked.empty() && why != ENOENT && why != ENOTDIR && why != EISDIR) {
      blocked = std::move(candidate), reason = why;
    }
  }
  if (!blocked.empty()) return refuse(blocked, reason);
  return error(Code::not_found, std::string(name) + ": command not found",
               "give its path, or put its folder into PATH");
}

int shell_status(const Error& failure) {
  return failure.code == Code::not_found ? 127 : 126;
}

std::vector<std::string> merge_environment(std::span<const std::string> base,
                                           std::span<const Variable> additions) {
  std::vector<std::string> merged;
  merged.reserve(base.size() + additions.size());
  std::unordered_map<std::string, std::size_t> at;
  const auto put = [&](std::string_view name, std::string entry) {
    if (name.empty() || entry.find('\0') != std::string::npos) return;
    const auto [slot, fresh] = at.try_emplace(std::string(name), merged.size());
    if (fresh) {
      merged.push_back(std::move(entry));
    } else {
      merged[slot->second] = std::move(entry);
    }
  };
  for (const std::string& entry : base) {
    const auto equals = entry.find('=');
    if (equals != std::string::npos) put(std::string_view(entry).substr(0, equals), entry);
  }
  for (const auto& [name, value] : additions) {
    if (name.find('=') != std::string::npos) continue;
    std::string entry = name;
    put(name, std::move(entry.append("=").append(value)));
  }
  return merged;
}

std::vector<std::string> own_environment() {
  std::vector<std::string> all;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

}  // namespace bus::process
