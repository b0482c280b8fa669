// What `bus github status` is told, as JSON (INTAKE.md). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sources/github/budget.h"
#include "sources/github/poller.h"

namespace bus::github {

// RFC 3339 in whole seconds.
std::string time_text(std::int64_t us);

std::string status_json(const Poller& poller, const Budget& budget, std::string_view token_from,
                        std::int64_t now_us);

// How the source is by what the poller knows. `what` is empty if all is well.
struct Trouble {
  enum class Kind { none, waiting, retrying, degraded } kind = Kind::none;
  std::string what;
};
Trouble trouble_of(const Poller& poller, const Budget& budget, std::int64_t now_us);

}  // namespace bus::github
