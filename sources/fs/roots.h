// What a path that somebody wants watched means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/fs/mirror.h"

namespace bus::fs {

// invalid: it does not begin at the root, or is in one of own_folders().
Status check_path(std::string_view path);

// The roots that watch these paths: each folder is one, and single files are the only entries that count of
// the folder they are in. What is not there is taken for a folder. Absolute paths; `common` is what the roots
// have in common.
std::vector<MirrorSettings> roots_of(const std::vector<std::string>& paths, const MirrorSettings& common);

// The folders of the host itself, which are never watched: its own writing there would go on for ever.
std::vector<std::string> own_folders();

}  // namespace bus::fs
