// Loading a plugin's library: gate, map, descriptor.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/plugin/descriptor.h"
#include "core/plugin/gate.h"

namespace bus::plugin {

struct Plugin {
  Descriptor descriptor;
  std::string path;
  std::string sha256;
  FileStamp stamp{};  // of the file that it was loaded from
};

// Passes the file through the gate, maps it and reads its descriptor. Nothing of the plugin runs but its
// library's static initialisers. A library that was mapped stays mapped until the process ends. One thread at
// a time.
Result<std::shared_ptr<const Plugin>> load(const std::string& path);
// The same of a file that has passed the gate; its memory is taken.
Result<std::shared_ptr<const Plugin>> load(GatedFile file);

}  // namespace bus::plugin
