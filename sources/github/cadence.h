// How often a repository is looked at. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace bus::github {

struct Cadence {
  std::int64_t every_us = 45'000'000;   // usually
  std::int64_t active_us = 15'000'000;  // while something runs, or somebody waits
  std::int64_t idle_us = 300'000'000;   // when nothing has happened for an hour
  std::int64_t check_us = 900'000'000;  // where webhooks come in
};

struct Situation {
  bool active = false;        // a run is under way
  bool waited_for = false;    // somebody follows a commit or a run
  bool fed = false;           // its webhooks come in
  std::int64_t quiet_us = 0;  // since anything was new
};

inline std::int64_t pause_of(const Cadence& cadence, const Situation& now) {
  constexpr std::int64_t kQuarter = 900'000'000, kHour = 3'600'000'000;
  // Who waits may have reasons not to trust the webhooks; but they will do in most cases.
  if (now.waited_for) return now.fed ? std::max(cadence.every_us, cadence.active_us) : cadence.active_us;
  if (now.fed) return cadence.check_us;
  if (now.active) return cadence.active_us;
  if (now.quiet_us < kQuarter) return cadence.every_us;
  if (now.quiet_us < kHour)
    return std::min(2 * cadence.every_us, std::max(cadence.idle_us, cadence.every_us));
  return std::max(cadence.idle_us, cadence.every_us);
}

}  // namespace bus::github
