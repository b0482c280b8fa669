#include "core/plugin/confine.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace bus::plugin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFiles = "files:";

// Without links, as far as it is there.
fs::path real(const fs::path& path) {
  std::error_code failure;
  fs::path out = fs::weakly_canonical(path, failure);
  return failure ? path.lexically_normal() : out;
}

bool holds(const fs::path& folder, const fs::path& inner) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), inner.begin(), inner.end());
  // A trailing slash is an empty last part.
  return end == folder.end() || (end->empty() && std::next(end) == folder.end());
}

bool holds_any(const fs::path& path, const std::vector<std::string>& own_folders) {
  return std::any_of(own_folders.begin(), own_folders.end(), [&](const std::string& own) {
    return holds(path, real(own)) || holds(real(own), path);
  });
}

// For an option of type path.
void allow_option(const std::string& path, const std::vector<std::string>& own_folders, Confinement& out) {
  std::error_code failure;
  const fs::path named = real(path);
  const bool is_folder = fs::is_directory(named, failure);
  const fs::path wanted = is_folder ? named : named.parent_path();
  if (!holds_any(wanted, own_folders)) {
    out.allowed.files.push_back(wanted.string());
    return;
  }
  const bool alone = !is_folder && !holds_any(named, own_folders);
  if (alone) out.allowed.files.push_back(named.string());
  if (!alone || !fs::exists(named, failure)) out.out_of_reach.push_back(named.string());
}

Status allow_word(const std::string& word, const std::vector<std::string>& own_folders, Confinement& out) {
  if (word == "network") {
    out.allowed.network = true;
  } else if (word == "unix") {
    out.allowed.unix_sockets = true;
  } else if (word == "programs") {
    out.programs = true;
  } else if (word.rfind(kFiles, 0) == 0) {
    const std::string path = word.substr(kFiles.size());
    if (path.empty() || path[0] != '/')
      return error(Code::config, "'allow': '" + word + "' needs an absolute path");
    if (holds_any(real(path), own_folders))
      return error(Code::config, "'allow': " + path + " holds files of bus itself",
                   "give the plugin a folder of its own");
    out.allowed.files.push_back(real(path).string());
  } else {
    return error(Code::config, "'allow' does not know '" + word + "'",
                 "network, unix, programs, or files:/a/path");
  }
  return Ok{};
}

}  // namespace

Result<std::shared_ptr<const Plugin>> confine(const Plugin& plugin, const config::PluginTable& table,
                                              const Options& options,
                                              const std::vector<std::string>& own_folders) {
  auto out = std::make_shared<Plugin>(plugin);
  Confinement& bounds = out->confinement;
  if (table.memory != 0) bounds.memory = table.memory;
  if (table.call_timeout.count() != 0)
    bounds.call_timeout = std::chrono::ceil<milliseconds>(table.call_timeout);
  for (const std::string& word : table.allow) {
    if (Status allowed = allow_word(word, own_folders, bounds); !allowed) return std::move(allowed).error();
  }
  for (const OptionInfo& option : plugin.descriptor.options) {
    if (option.type != OptionType::path && option.type != OptionType::paths) continue;
    const auto found = options.find(option.name);
    if (found == options.end()) continue;
    for (const std::string& path : found->second.texts) allow_option(path, own_folders, bounds);
  }
  return std::shared_ptr<const Plugin>(std::move(out));
}

Status check_unconfined(const config::PluginTable& table) {
  if (table.allow.empty() && table.memory == 0 && table.call_timeout.count() == 0) return Ok{};
  return error(Code::config, "'allow', 'memory' and 'call_timeout' bound a process of the plugin's own",
               "set isolation = \"process\", or leave them out");
}

}  // namespace bus::plugin
