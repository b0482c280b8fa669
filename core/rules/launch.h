// Launch: from a command and the events it is run for to a program that can be started.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/json/reader.h"
#include "core/process/event_context.h"
#include "core/process/program.h"
#include "core/rules/policy.h"

namespace bus::rules {

// What stays the same from run to run.
struct Command {
  std::string path;               // absolute
  std::vector<std::string> argv;  // the user's words; nothing of an event is ever among them
  std::vector<std::string> env;   // the base, "NAME=value"
  std::string cwd{};              // empty: ours
  std::optional<mode_t> umask{};
  std::vector<process::Limit> limits{};
  Stdin in = Stdin::null;
  bool gathers = false;      // the program may be run for several events: it gets BUS_EVENTS_FILE
  std::string event_folder;  // where the files of events go
};

// A program and the files that it reads, which are gone with this.
struct Prepared {
  process::Program program;
  std::vector<process::EventFile> files;
};

// The BUS_* variables of an event, without those of its files. `event` is the JSON form.
std::vector<process::Variable> event_scalars(json::Node event);

// `last` is the JSON form of the event that the run is for; `all` the same of all events that it stands for,
// one a line, oldest first (looked at only if Command::gathers). `further` is put over the environment.
Result<Prepared> prepare(const Command& command, std::string_view last, std::string_view all,
                         std::span<const process::Variable> further);

}  // namespace bus::rules
