// The short time between clone and execve, in the child. Inside core/process only.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "core/process/program.h"

namespace bus::process {

// Everything the child needs, made ready by the parent: the child shares the parent's memory until execve and
// must neither allocate nor lock.
struct ExecJob {
  enum class Step { group, folder, descriptors, limits, signals, exec };

  struct Move {
    int from;
    int to;
  };

  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* env = nullptr;
  const char* cwd = nullptr;  // null: stay
  bool set_umask = false;
  mode_t umask = 0;
  Group group = Group::own;
  const Limit* limits = nullptr;
  std::size_t limit_count = 0;
  Move* moves = nullptr;  // changed by the child
  std::size_t move_count = 0;
  int above = 3;  // larger than every Move::to

  // Written by the child when it fails.
  Step failed_at = Step::exec;
  int failure = 0;
};

// The child's whole life, as clone() wants it; `job` is an ExecJob. Returns only on failure, and the child
// exits. REQUIRES: all signals are blocked.
int exec_child(void* job);

}  // namespace bus::process
