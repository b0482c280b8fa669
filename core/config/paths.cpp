#include "core/config/paths.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "core/base/file.h"

namespace bus::config {
namespace {

bool absolute(const std::optional<std::string>& path) {
  return path && path->starts_with('/');
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// The home folder: $HOME, else the user database's; empty if neither says an absolute path.
std::string home(const Lookup& environment) {
  if (auto path = environment("HOME"); absolute(path)) return without_slash(*path);
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return {};
  const std::string path = entry.pw_dir == nullptr ? "" : entry.pw_dir;
  return absolute(path) ? without_slash(path) : "";
}

// One of the three folders: our own variable, the XDG one, the fallback (empty: there is none).
Result<std::string> find_one(const Lookup& environment, const std::string& ours, const std::string& xdg,
                             const std::string& fallback) {
  if (const auto set = environment(ours); set && !set->empty()) {
    if (absolute(set)) return without_slash(*set);
    return error(Code::config, ours + " is not an absolute path: '" + *set + "'", "begin it with /");
  }
  if (const auto set = environment(xdg); absolute(set)) return without_slash(*set) + "/bus";
  if (!fallback.empty()) return fallback;
  return error(Code::config, "no home folder is known", "set HOME, or " + ours);
}

}  // namespace

Lookup process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

Result<Paths> find_paths(const Lookup& environment) {
  const std::string at_home = home(environment);
  const auto below_home = [&](const char* rest) { return at_home.empty() ? "" : at_home + rest; };
  auto config = find_one(environment, "BUS_CONFIG_DIR", "XDG_CONFIG_HOME", below_home("/.config/bus"));
  if (!config) return std::move(config).error();
  auto state = find_one(environment, "BUS_STATE_DIR", "XDG_STATE_HOME", below_home("/.local/state/bus"));
  if (!state) return std::move(state).error();
  auto runtime =
      find_one(environment, "BUS_RUNTIME_DIR", "XDG_RUNTIME_DIR", "/tmp/bus-" + std::to_string(::geteuid()));
  if (!runtime) return std::move(runtime).error();
  Paths paths{std::move(*config), std::move(*state), std::move(*runtime)};
  if (paths.socket().size() > kMaxSocketPath) {
    return error(
        Code::config,
        "the socket's path is longer than " + std::to_string(kMaxSocketPath) + " bytes: " + paths.socket(),
        "set BUS_RUNTIME_DIR to a shorter folder");
  }
  return paths;
}

Status check_runtime(const Paths& paths) {
  const std::string& folder = paths.runtime;
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0) return system_error(folder, errno);
  if (S_ISLNK(info.st_mode)) {
    return error(Code::denied, folder + " is a symbolic link", "remove it, or set BUS_RUNTIME_DIR");
  }
  if (!S_ISDIR(info.st_mode)) return error(Code::denied, folder + " is not a folder", "set BUS_RUNTIME_DIR");
  if (info.st_uid != ::geteuid()) {
    return error(Code::denied, folder + " belongs to somebody else",
                 "set BUS_RUNTIME_DIR to a folder of yours");
  }
  if ((info.st_mode & 077) != 0)
    return error(Code::denied, folder + " is open to others", "chmod 700 " + folder);
  return Ok{};
}

Status make_folders(const Paths& paths) {
  for (const std::string& folder : {paths.config, paths.state, paths.runtime}) {
    if (Status made = make_private_folder(folder); !made) return made;
  }
  return check_runtime(paths);
}

}  // namespace bus::config
