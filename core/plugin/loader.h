// Loading a plugin's library: gate, map, descriptor.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/plugin/confinement.h"
#include "core/plugin/descriptor.h"
#include "core/plugin/gate.h"
#include "core/process/spawner.h"

namespace bus::plugin {

struct Plugin {
  Descriptor descriptor;
  std::string path;
  std::string sha256;
  FileStamp stamp{};                            // of the file that it was loaded from
  std::shared_ptr<const ChildLibrary> child{};  // null: its library is mapped in this process
  Confinement confinement{};                    // of its children
};

// Passes the file through the gate, maps it and reads its descriptor. Nothing of the plugin runs but its
// library's static initialisers. A library that was mapped stays mapped until the process ends. One thread at
// a time.
Result<std::shared_ptr<const Plugin>> load(const std::string& path);
// The same of a file that has passed the gate; its memory is taken.
Result<std::shared_ptr<const Plugin>> load(GatedFile file);

// The same, but nothing of the library ever runs in this process: its descriptor is read in a child, which
// `program` plugin-host is and which may do nothing else, and whatever runs of it later runs in others
// (isolated.h). Code::unavailable: the child died over it.
Result<std::shared_ptr<const Plugin>> load_isolated(const std::string& path, const std::string& program,
                                                    process::Spawner& spawner);

// The same of a file that has passed the gate; its memory is taken.
Result<std::shared_ptr<const Plugin>> load_isolated(GatedFile file, const std::string& program,
                                                    process::Spawner& spawner);

// Ok if the file is called as the plugin calls itself. Code::invalid, with the right name.
Status check_file_name(const Plugin& plugin);

// Maps the library in `memory` and reads its descriptor; `path` names it. As load().
Result<Descriptor> map_library(UniqueFd memory, const std::string& path);

}  // namespace bus::plugin
