#include "core/plugin/catalog.h"

#include <filesystem>
#include <system_error>

#include "core/base/text.h"

namespace bus::plugin {

namespace fs = std::filesystem;

Catalog::Catalog(const std::string& installed, const std::vector<std::string>& further) {
  if (!installed.empty()) add_folder(installed, true);
  for (const std::string& folder : further) add_folder(folder, false);
}

void Catalog::add_folder(const std::string& folder, bool installed) {
  std::error_code failure;
  // Links on the way to the folder are the user's own choice; the file itself must be none (see gate.h).
  const fs::path real = fs::canonical(folder, failure);
  if (failure) return;
  for (fs::directory_iterator at(real, failure), end; !failure && at != end; at.increment(failure)) {
    if (at->path().extension() != ".so") continue;
    Entry entry;
    entry.name = at->path().stem().string();
    entry.path = at->path().string();
    entry.installed = installed;
    const std::string name = entry.name;
    entries_.emplace(name, std::move(entry));
  }
}

bool Catalog::is_installed(std::string_view name) const {
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.installed;
}

Result<std::shared_ptr<const Plugin>> Catalog::get(std::string_view name, bool isolated, const Load& load) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    std::vector<std::string_view> names;
    for (const auto& [known, entry] : entries_) names.push_back(known);
    const std::string_view near = nearest(name, names);
    return error(
        Code::not_found, "there is no plugin '" + std::string(name) + "'",
        near.empty() ? "bus plugins lists those there are" : "did you mean '" + std::string(near) + "'?");
  }
  Entry& entry = found->second;
  if (!entry.tried || entry.isolated != isolated) {
    entry.tried = true;
    entry.isolated = isolated;
    entry.plugin = nullptr;
    auto loaded = load(entry.path);
    if (!loaded) {
      entry.failure = std::move(loaded).error();
    } else if ((*loaded)->descriptor.name != entry.name) {
      entry.failure = error(Code::invalid, entry.path + " calls itself '" + (*loaded)->descriptor.name + "'",
                            "name the file " + (*loaded)->descriptor.name + ".so");
    } else {
      entry.plugin = std::move(*loaded);
    }
  }
  if (entry.plugin == nullptr) return entry.failure;
  return entry.plugin;
}

}  // namespace bus::plugin
