// Runs one check in a process of its own, so that a plugin that crashes or hangs costs that check only. Linux
// only.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "plugins-sdk/check/findings.h"

namespace bus::check {

enum class Verdict { good, failed, skipped };

struct Outcome {
  Verdict verdict = Verdict::good;
  std::vector<std::string> messages;  // what failed, or why it was skipped; remarks
  double seconds = 0;
};

// Calls `check` in a child, which gets at most `patience`; then it is killed. What the plugin writes to
// stdout and stderr is dropped.
Outcome run_in_child(const std::function<void(Findings&)>& check, std::chrono::milliseconds patience);

}  // namespace bus::check
