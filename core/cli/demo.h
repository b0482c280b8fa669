// The parts of `bus demo` that know GitHub's side and the figures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/cli/host_side.h"
#include "core/cli/http_probe.h"

namespace bus::cli {

// A finished workflow run as GitHub delivers it, signed with the secret.
ProbeRequest github_delivery(const HostSide& side, const Secret& secret, std::int64_t run);

// "0.9 ms (0.7 to 2.1)": the middle one, the least and the most. REQUIRES: not empty.
std::string figure(std::vector<microseconds> times);
microseconds median(std::vector<microseconds> times);

}  // namespace bus::cli
