// How `bus wait ci` shows its checks: a table at the end, and on a terminal how far it is while it waits.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/cli/wait_ci_checks.h"

namespace bus::cli {

// The headline and a line for each check that is shown, for people. `width` cuts lines (columns); 0: not.
std::vector<std::string> ci_table(const CiChecks& checks, std::size_t width = 0);

// A few lines on stderr that are written over by the next ones. Silent where stderr is no terminal that can
// do that. One thread.
class Progress {
 public:
  // `wanted` false: always silent.
  explicit Progress(bool wanted);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  void show(const CiChecks& checks);
  // Takes the lines away, so that something else can be said.
  void clear();

 private:
  const bool live_;
  std::vector<std::string> shown_;
};

}  // namespace bus::cli
