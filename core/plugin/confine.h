// What the configuration gives to a plugin that runs in a process of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/plugin/loader.h"
#include "core/plugin/options.h"

namespace bus::plugin {

// The plugin with the bounds of one instance: what its table allows (`allow`), its memory and call_timeout,
// and the files that its own options of type path name. A file lies in a folder that it must be able to write
// (a log that is rotated), so the folder is given, unless one of `own_folders` is inside. Code::config: an
// unknown word in `allow`, a file that is not absolute or holds one of `own_folders`.
Result<std::shared_ptr<const Plugin>> confine(const Plugin& plugin, const config::PluginTable& table,
                                              const Options& options,
                                              const std::vector<std::string>& own_folders);

// Ok if the table says nothing that only a process of its own can hold.
Status check_unconfined(const config::PluginTable& table);

}  // namespace bus::plugin
