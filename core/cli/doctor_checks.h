// The checks of `bus doctor`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/cli/session.h"

namespace bus::cli {

enum class Verdict : std::uint8_t { ok, warn, fail };
std::string_view name(Verdict verdict);

struct Check {
  std::string name;  // "folders", "configuration", …
  Verdict verdict = Verdict::ok;
  std::string message;
  std::string hint{};  // what to do; may have several lines
};

// Runs all checks, each of them bounded in time, and reports each as it is done. What depends on something
// that failed is left out.
void run_checks(const Session& session, const std::function<void(const Check&)>& report);

}  // namespace bus::cli
