// Program: what is to be run and in what surroundings. Plain data; nothing of it is read by a shell.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace bus::process {

struct Input {
  enum class Kind : std::uint8_t { null, inherit, bytes, fd };
  Kind kind = Kind::null;  // /dev/null unless asked
  std::string
      bytes{};  // Kind::bytes: the whole of stdin, from memory; no writer is needed and none can block
  int fd = -1;  // Kind::fd: borrowed for the call
};

struct Output {
  enum class Kind : std::uint8_t { inherit, null, fd };
  Kind kind = Kind::inherit;
  int fd = -1;  // Kind::fd: borrowed for the call
};

// Which process group the program runs in. Signals go to the whole group.
enum class Group : std::uint8_t {
  own,      // a new group in our session: what stop() needs
  session,  // a new session, no controlling terminal: for what outlives a terminal
  ours,     // our group: it may read the terminal, and only its own process can be signalled
};

struct Limit {
  int resource = 0;  // RLIMIT_…
  rlim_t soft = RLIM_INFINITY;
  rlim_t hard = RLIM_INFINITY;
};

struct KeptFd {
  int from = -1;  // ours, borrowed for the call
  int to = -1;    // its number in the program
};

struct Program {
  std::string path;               // absolute, as resolve() found it
  std::vector<std::string> argv;  // argv[0] is what the program is told it is called
  std::vector<std::string> env;   // the whole environment, "NAME=value"; merge_environment() makes it
  std::string cwd{};              // empty: ours
  std::optional<mode_t> umask{};  // none: ours
  std::vector<Limit> limits{};    // those not named: ours, as they were when we were started
  Input in{};
  Output out{};
  Output err{};
  Group group = Group::own;
  std::vector<KeptFd> keep{};  // every other descriptor above 2 is closed in the program
};

// The absolute path of the program called `name`: as it stands if it contains a slash (relative to `cwd`,
// empty: ours), else the first executable file of that name in `path` (a PATH value; empty and relative
// entries are passed over, so that the current folder never decides). Code::not_found: there is none (127).
// Code::denied: it is there but cannot be executed (126).
Result<std::string> resolve(std::string_view name, std::string_view path, std::string_view cwd = {});

// The status a shell would give for a failed resolve() or start(): 127 for Code::not_found, else 126.
int shell_status(const Error& failure);

// The variable by which everything that a run has started is known: unique for each start, and inherited.
inline constexpr std::string_view kRunVariable = "BUS_RUN";

using Variable = std::pair<std::string, std::string>;

// "NAME=value" of `base` with `additions` put over it; a later one wins. Names that are empty or contain '='
// or NUL, and values with NUL, are left out.
std::vector<std::string> merge_environment(std::span<const std::string> base,
                                           std::span<const Variable> additions);
// Our own environment. Not while another thread calls setenv().
std::vector<std::string> own_environment();

}  // namespace bus::process
