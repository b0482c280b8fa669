// Verb: what the user can say to `bus`, as data. Each verb is one file with one such table; verbs.cpp lists
// them. The parser, the help, the completions and EXIT_CODES.md are all held to these tables.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/result.h"

namespace bus::cli {

class Session;

struct Example {
  std::string_view line;  // what is typed
  std::string_view what;  // what it does
};

// How often an option can be given.
enum class Many : std::uint8_t {
  once,
  again,  // the option again for each value
  list,   // again, and several values after one mention: --task id=x state=running
};

struct Option {
  std::string_view name;     // "since" for --since
  std::string_view value{};  // the value's name in the help; empty: a flag
  std::string_view help;
  char letter = '\0';  // 'q' for -q
  Many many = Many::once;
};

struct Positional {
  std::string_view name;
  std::string_view help;
  bool required = false;
  bool repeatable = false;  // only the last one
};

// A status with which the verb can end, besides those of common_exits().
struct ExitMeaning {
  int status;
  std::string_view meaning;
};

struct Verb {
  std::string_view name;  // "wait"; "events list" for a verb of a group
  std::string_view summary;
  std::span<const Example> examples{};
  std::span<const Positional> positionals{};
  std::span<const Option> options{};
  std::span<const Option> filters{};   // a second table, shared between verbs (shorthand.h)
  std::span<const Option> policies{};  // a third one (policy_options.h)
  std::string_view rest{};             // what stands after `--`; empty: the verb takes no command
  std::string_view notes{};            // paragraphs at the end of the help
  std::span<const ExitMeaning> exits{};
  bool reaches_host = true;  // takes --no-autostart and can end with 69
  bool hidden = false;       // not in lists

  // Does it. The value is the exit status; an Error is told on stderr and becomes one (exit_codes.h).
  Result<int> (*run)(Session&) = nullptr;
};

// Options that every verb takes: --json, --quiet, --help; --no-autostart where the verb reaches the host.
std::span<const Option> common_options();
extern const Option kNoAutostart;

}  // namespace bus::cli
