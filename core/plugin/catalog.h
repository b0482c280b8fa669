// Catalog: the plugin files that are there, loaded when they are asked for. Those that did not come with bus
// are looked at, and mapped only if the user trusts them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/plugin/loader.h"
#include "core/plugin/trust.h"

namespace bus::plugin {

// One thread.
class Catalog {
 public:
  // Looks for <name>.so in the folders, in order. A folder that is not there is empty. Reads the further ones
  // to say whether they are trusted; maps nothing.
  Catalog(const std::string& installed, const std::vector<std::string>& further, TrustStore trust);

  struct Entry {
    std::string name, path;
    bool installed = false;
    std::string trust;                     // "installed", "pinned", "signed", or "no": get() fails
    std::string why;                       // with "no": what is wrong, and what mends it
    std::shared_ptr<const Plugin> plugin;  // once loaded
    Error failure;                         // if loading failed
    bool tried = false;
    bool isolated = false;  // it was tried in a child process
  };

  // Loads it, in this process or only in children (`load` says how), if that was not tried yet.
  // Code::not_found with the nearest name if there is none.
  using Load = std::function<Result<std::shared_ptr<const Plugin>>(GatedFile)>;
  Result<std::shared_ptr<const Plugin>> get(std::string_view name, bool isolated, const Load& load);
  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }
  // Files whose name is taken: they are never loaded.
  const std::vector<Entry>& hidden() const { return hidden_; }
  // True if a plugin of that name came with bus.
  bool is_installed(std::string_view name) const;

 private:
  void add_folder(const std::string& folder, bool installed);
  void add_file(Entry entry);
  Result<std::shared_ptr<const Plugin>> load_entry(Entry& entry, const Load& load) const;

  const TrustStore trust_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<Entry> hidden_;
};

}  // namespace bus::plugin
