// The executable `bus`.
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "core/cli/dispatch.h"
#include "core/cli/exit_codes.h"

namespace {

// Verbs that have something to clean up set their own handler (signals.h).
extern "C" void leave(int /*signal*/) {
  ::_exit(bus::cli::kInterrupted);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(), see Output
  // Whoever started us in the background with SIGINT ignored wants it so.
  if (std::signal(SIGINT, leave) == SIG_IGN) std::signal(SIGINT, SIG_IGN);
  const std::vector<std::string> words(argv + 1, argv + argc);
  bus::cli::Output out;
  return bus::cli::dispatch(words, out);
}
