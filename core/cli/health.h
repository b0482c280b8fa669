// What cannot be observed just now: asked when a wait has come to its end without an answer, so that "it did
// not happen" is said only where somebody was looking.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/client/connection.h"

namespace bus::cli {

// What a wait needs. Sources: nullopt if any may bring it. Tasks by their ids, which begin with the name of
// their source where a plugin brings them (`github:…`).
struct Needs {
  std::optional<std::vector<std::string>> sources;
  std::vector<std::string> tasks;
};

// Whether we were blind: one line for each thing that could not be observed.
//  - A needed source that is loaded and does not work, or works in part only (failed, waiting, retrying,
//  degraded,
//    still starting, stopped), or that is there but not configured.
//  - A needed source that is not loaded, unless clients feed it: `cli`, or one of which events are stored.
//  - Where no source is needed: all that are in use, if none of them works.
//  - A needed task whose state is `unknown`, or whose source is loaded and does not work.
Result<std::vector<std::string>> blind_spots(client::Connection& host, const Needs& needs);

}  // namespace bus::cli
