// The memory of evaluations: one arena for each thread, reused. Internal to this folder.
#pragma once

#include "core/predicate/arena.h"

namespace bus::predicate {

// This thread's arena, emptied at the end of the scope. Scopes on one thread must not overlap.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { arena().clear(); }

  Arena& arena() {
    static thread_local Arena arena;
    return arena;
  }
};

}  // namespace bus::predicate
