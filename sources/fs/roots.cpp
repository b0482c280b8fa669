#include "sources/fs/roots.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>

#include "sources/fs/linux_disk.h"
#include "sources/fs/names.h"

namespace bus::fs {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && value[0] == '/' ? value : "";
}

}  // namespace

Status check_path(std::string_view path) {
  if (path.empty() || path[0] != '/') return invalid("a path must begin at the root");
  for (const std::string& own : own_folders()) {
    if (path.starts_with(own) && (path.size() == own.size() || path[own.size()] == '/'))
      return invalid(escape(path) + " is the host's own: its writing there would go on for ever");
  }
  return {};
}

std::vector<MirrorSettings> roots_of(const std::vector<std::string>& paths, const MirrorSettings& common) {
  std::map<std::string, std::set<std::string>> files;
  std::set<std::string> folders;
  LinuxDisk disk(false);
  for (std::string path : paths) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    const Look look = disk.look_through(path);
    if (!look.there || look.type == Type::folder) {
      folders.insert(std::move(path));
    } else {
      const std::size_t slash = path.rfind('/');
      files[path.substr(0, std::max<std::size_t>(slash, 1))].insert(path.substr(slash + 1));
    }
  }
  std::vector<MirrorSettings> roots(folders.size() + files.size(), common);
  auto root = roots.begin();
  for (const std::string& folder : folders) (root++)->root = folder;
  for (const auto& [folder, names] : files) {
    root->root = folder;
    root->filter.only.assign(names.begin(), names.end());
    root->filter.gitignore = false;  // they were asked for by their names
    (root++)->recursive = false;
  }
  return roots;
}

// As the host finds them (core/config/paths.h).
std::vector<std::string> own_folders() {
  std::string home = variable("HOME");
  if (home.empty()) {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
      home = entry.pw_dir;
  }
  const auto find = [](const char* ours, const char* xdg, const std::string& fallback) {
    if (std::string set = variable(ours); !set.empty()) return set;
    if (const std::string set = variable(xdg); !set.empty()) return set + "/bus";
    return fallback;
  };
  return {find("BUS_STATE_DIR", "XDG_STATE_HOME", home + "/.local/state/bus"),
          find("BUS_RUNTIME_DIR", "XDG_RUNTIME_DIR", "/tmp/bus-" + std::to_string(::geteuid()))};
}

}  // namespace bus::fs
