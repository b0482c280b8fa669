// Stage: where `bus demo` plays. A temporary folder that is the whole world of its processes, and those
// processes. When it goes, they are stopped and the folder is removed, however the demo ended.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/cli/signals.h"
#include "core/client/connection.h"
#include "core/config/paths.h"
#include "core/process/spawner.h"

namespace bus::cli {

// A `bus` of its own process.
struct Actor {
  process::Child child;
  UniqueFd out;  // the reading end of its stdout
};

// One thread.
class Stage {
 public:
  // Makes the folder and points our environment at it, so that everything started from here on stays in
  // there. REQUIRES: nothing else of this process looks at the environment at the same time.
  static Result<std::unique_ptr<Stage>> set();
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const config::Paths& paths() const { return paths_; }
  // Starts this very program with these words. Valid until end() or the end of the stage.
  Result<Actor*> start(const std::vector<std::string>& words);
  // Stops it, if it still runs.
  void end(Actor* actor);

  // Asks again and again until the answer is true. Code::timeout names `what`; Code::stopping after Ctrl-C.
  Status until(std::string_view what, milliseconds limit, const std::function<bool()>& done);
  // True once a signal asked us to end.
  bool interrupted();

 private:
  Stage(std::string folder, Signals signals);
  std::string folder_;
  config::Paths paths_;
  Signals signals_;
  bool interrupted_ = false;
  std::vector<std::unique_ptr<Actor>> actors_;
};

}  // namespace bus::cli
