#include "core/plugin/catalog.h"

#include <filesystem>
#include <system_error>

#include "core/base/text.h"
#include "core/plugin/reserved_names.h"

namespace bus::plugin {

namespace fs = std::filesystem;

namespace {

std::string text_of(const Error& error) {
  return error.hint.empty() ? error.message : error.message + " (" + error.hint + ")";
}

// Passes the gate and finds out whether the user wants it. Nothing of it has run.
struct Admitted {
  GatedFile file;
  std::string trust;
};
Result<Admitted> admit(const Catalog::Entry& entry, const TrustStore& trust) {
  auto file = pass_gate(entry.path);
  if (!file) return std::move(file).error();
  if (entry.installed) return Admitted{std::move(*file), "installed"};
  if (is_reserved_name(entry.name)) {
    return error(Code::denied, entry.path + ": '" + entry.name + "' is a name of bus itself",
                 "the plugin needs another name");
  }
  auto how = judge(trust, *file);
  if (!how) return std::move(how).error();
  return Admitted{std::move(*file), std::move(*how)};
}

}  // namespace

Catalog::Catalog(const std::string& installed, const std::vector<std::string>& further, TrustStore trust)
    : trust_(std::move(trust)) {
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
    add_file(std::move(entry));
  }
}

void Catalog::add_file(Entry entry) {
  const auto first = entries_.find(entry.name);
  if (first != entries_.end()) {
    if (first->second.path == entry.path) return;  // the folder is named twice
    entry.trust = "no";
    entry.why = first->second.installed
                    ? "a plugin of this name came with bus (the plugin needs another name)"
                    : first->second.path + " has this name already (remove one of them)";
    hidden_.push_back(std::move(entry));
    return;
  }
  entry.trust = "installed";
  if (!entry.installed) {
    const auto admitted = admit(entry, trust_);
    entry.trust = admitted ? admitted->trust : "no";
    if (!admitted) entry.why = text_of(admitted.error());
  }
  const std::string name = entry.name;
  entries_.emplace(name, std::move(entry));
}

bool Catalog::is_installed(std::string_view name) const {
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.installed;
}

// What is mapped is what was judged: the same sealed copy.
Result<std::shared_ptr<const Plugin>> Catalog::load_entry(Entry& entry, const Load& load) const {
  auto admitted = admit(entry, trust_);
  if (!admitted) {
    entry.trust = "no";
    return std::move(admitted).error();
  }
  entry.trust = admitted->trust;
  auto loaded = load(std::move(admitted->file));
  if (!loaded) return loaded;
  if (Status named = check_file_name(**loaded); !named) return std::move(named).error();
  return loaded;
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
    auto loaded = load_entry(entry, load);
    if (loaded) {
      entry.plugin = std::move(*loaded);
    } else {
      entry.failure = std::move(loaded).error();
    }
  }
  if (entry.plugin == nullptr) return entry.failure;
  return entry.plugin;
}

}  // namespace bus::plugin
