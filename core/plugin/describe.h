// What a library says of itself, for a person who is to decide whether to trust it. A library runs code when
// it is mapped, so this happens in a child process that can do next to nothing.
#pragma once

#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/plugin/gate.h"
#include "core/process/spawner.h"

namespace bus::plugin {

// The verb that the child is started with.
inline constexpr const char* kDescribeVerb = "plugin-describe";

struct DescribeBounds {
  milliseconds time{10'000};
  std::size_t bytes = 1u << 20;
};

// Starts `program` (this very bus) as the child, with the library's sealed copy, an empty environment and low
// limits, and waits for its answer: {"name", "role", "version", "summary", "abi", "event_types", "options"}.
// The library could make it say anything: show it, do not rely on it. Code::invalid: it is no plugin, died or
// did not come back.
Result<std::string> describe(const GatedFile& file, const std::string& program, process::Spawner& spawner,
                             const DescribeBounds& bounds = {});

// The child's side: gives up what it can, maps the library, writes the answer to stdout and ends the process.
[[noreturn]] void describe_here();

}  // namespace bus::plugin
