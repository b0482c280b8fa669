// OnRehearsal: what `bus on --dry-run` tells, instead of running anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/cli/output.h"
#include "core/json/reader.h"
#include "core/rules/scheduler.h"

namespace bus::cli {

// One thread. OUTPUT.md has the form.
class OnRehearsal {
 public:
  // `out` and `argv` must outlive this. `gathers`: the program would get BUS_EVENTS_FILE.
  OnRehearsal(Output& out, bool json, const std::vector<std::string>& argv, bool gathers)
      : out_(out), json_(json), argv_(argv), gathers_(gathers) {}

  // What the policies make of a match.
  void decided(std::uint64_t seq, const rules::Offered& offered, std::string_view key, Mono now);
  // A run that would begin now, for its newest event and those before it.
  void would_start(rules::RunId run, std::string_view event, std::size_t events);
  // A run that would never begin.
  void would_cancel(rules::RunId run, rules::Hold why);

 private:
  Output& out_;
  const bool json_;
  const std::vector<std::string>& argv_;
  const bool gathers_;
};

}  // namespace bus::cli
