// Loading a plugin's library: gate, map, descriptor.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/plugin/descriptor.h"

namespace bus::plugin {

struct Plugin {
  Descriptor descriptor;
  std::string path;
  std::string sha256;
};

// Passes the file through the gate, maps it and reads its descriptor. Nothing of the plugin runs but its
// library's static initialisers. A library that was mapped stays mapped until the process ends. One thread at
// a time.
Result<std::shared_ptr<const Plugin>> load(const std::string& path);

}  // namespace bus::plugin
