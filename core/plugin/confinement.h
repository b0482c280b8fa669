// What a plugin in a process of its own is made of and is given.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/clock.h"
#include "core/base/unique_fd.h"
#include "core/plugin/child_sandbox.h"

namespace bus::plugin {

// A library that is only ever mapped in children.
struct ChildLibrary {
  UniqueFd memory;      // the sealed copy (gate.h)
  std::string program;  // what runs it: `bus`
  std::string path;     // where the library was
};

// Its bounds.
struct Confinement {
  Allowed allowed;
  bool programs = false;              // bus.process/1: the host starts programs for it
  std::uint64_t memory = 256u << 20;  // bytes
  milliseconds call_timeout{10'000};  // for each call into it
  // What its options name all the same: a folder with files of bus itself, a file in one that is not there
  // yet.
  std::vector<std::string> out_of_reach;
};

}  // namespace bus::plugin
