// Catalog: the plugin files that are there, loaded when they are asked for.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/plugin/loader.h"

namespace bus::plugin {

// One thread.
class Catalog {
 public:
  // Looks for <name>.so in the folders, in order. A folder that is not there is empty.
  Catalog(const std::string& installed, const std::vector<std::string>& further);

  struct Entry {
    std::string name, path;
    bool installed = false;
    std::shared_ptr<const Plugin> plugin;  // once loaded
    Error failure;                         // if loading failed
    bool tried = false;
    bool isolated = false;  // it was tried in a child process
  };

  // Loads it, in this process or only in children (`load` says how), if that was not tried yet.
  // Code::not_found with the nearest name if there is none.
  using Load = std::function<Result<std::shared_ptr<const Plugin>>(const std::string& path)>;
  Result<std::shared_ptr<const Plugin>> get(std::string_view name, bool isolated, const Load& load);
  // True if a plugin of that name came with bus.
  bool is_installed(std::string_view name) const;
  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }

 private:
  void add_folder(const std::string& folder, bool installed);
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace bus::plugin
