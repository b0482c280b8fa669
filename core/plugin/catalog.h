// Catalog: the plugin files that are there, loaded when they are asked for.
#pragma once

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
  };

  // Loads it if that was not tried yet. Code::not_found with the nearest name if there is none.
  Result<std::shared_ptr<const Plugin>> get(std::string_view name);
  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }

 private:
  void add_folder(const std::string& folder, bool installed);
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace bus::plugin
