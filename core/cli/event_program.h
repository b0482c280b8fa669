// Running a program for an event: the event beside it in variables and a file, its end watched, signals
// passed on.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/cli/session.h"
#include "core/cli/signals.h"
#include "core/json/reader.h"
#include "core/process/program.h"
#include "core/process/spawner.h"

namespace bus::cli {

// What stays the same from event to event.
struct EventProgram {
  std::string path;               // as process::resolve() found it
  std::vector<std::string> argv;  // the user's words
  std::string event_folder;       // for BUS_EVENT_FILE
  bool event_on_stdin = false;
};

// The program behind `--`, with --stdin; Code::invalid for a wrong word there, else why there is none to be
// run.
Result<EventProgram> program_of(const Session& session, const config::Paths& paths);

// The BUS_* variables of an event, without BUS_EVENT_FILE. `event` is the JSON form.
std::vector<process::Variable> event_scalars(json::Node event);

// Runs the program for the event and waits for its end; its status as a shell has it (126 and 127 if it
// cannot be started; why is told on stderr). The event's file is gone afterwards. Signals are passed on to
// the program's group; a second one within the same run kills it. `heard` is told of each signal.
Result<int> run_for_event(process::Spawner& spawner, const EventProgram& program, json::Node event,
                          std::string_view text, const Signals& signals,
                          const std::function<void(int)>& heard);

}  // namespace bus::cli
