#include "core/cli/event_program.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "core/cli/output.h"
#include "core/process/event_context.h"

namespace bus::cli {
namespace {

std::string scalar(json::Node value) {
  if (const auto text = value.string()) return std::string(*text);
  if (const auto number = value.integer()) return std::to_string(*number);
  return {};
}

Result<int> watch(process::Spawner& spawner, process::Child& child, const Signals& signals,
                  const std::function<void(int)>& heard) {
  for (int count = 0;;) {
    std::array<pollfd, 2> ready = {pollfd{child.pidfd.get(), POLLIN, 0}, pollfd{signals.fd(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) return system_error("poll", errno);
    while (const int signal = signals.next()) {
      heard(signal);
      const Status passed = spawner.signal(child, ++count == 1 ? signal : SIGKILL);
      if (!passed) tell(passed.error());
    }
    const auto exit = spawner.reap(child);
    if (!exit) return exit.error();
    if (*exit) return (*exit)->status();
  }
}

}  // namespace

std::vector<process::Variable> event_scalars(json::Node event) {
  const json::Node task = event["task"];
  const std::pair<const char*, json::Node> all[] = {
      {"BUS_EVENT_ID", event["id"]},         {"BUS_EVENT_SEQ", event["seq"]},
      {"BUS_EVENT_SOURCE", event["source"]}, {"BUS_EVENT_TYPE", event["type"]},
      {"BUS_EVENT_SCOPE", event["scope"]},   {"BUS_EVENT_SUBJECT", event["subject"]},
      {"BUS_TASK_ID", task["id"]},           {"BUS_TASK_STATE", task["state"]},
      {"BUS_TASK_RESULT", task["result"]},   {"BUS_TASK_SHA", task["sha"]},
      {"BUS_TASK_URL", task["url"]}};
  std::vector<process::Variable> scalars;
  for (const auto& [name, value] : all) {
    if (std::string text = scalar(value); !text.empty()) scalars.emplace_back(name, std::move(text));
  }
  return scalars;
}

Result<EventProgram> program_of(const Session& session, const config::Paths& paths) {
  EventProgram program;
  program.argv = session.args().rest();
  const char* search = std::getenv("PATH");
  auto path = process::resolve(program.argv.front(), search == nullptr ? "" : search);
  if (!path) return std::move(path).error();
  program.path = std::move(*path);
  program.event_folder = paths.event_files();
  const std::string in = session.args().get_or("stdin", "null");
  if (in != "null" && in != "event")
    return session.usage("--stdin: unknown word '" + in + "'", "one of: null, event");
  program.event_on_stdin = in == "event";
  return program;
}

Result<int> run_for_event(process::Spawner& spawner, const EventProgram& program, json::Node event,
                          std::string_view text, const Signals& signals,
                          const std::function<void(int)>& heard) {
  const auto file = process::EventFile::write(program.event_folder, text);
  if (!file) return file.error();
  const std::vector<std::string> own = process::own_environment();
  process::Program run;
  run.path = program.path;
  run.argv = program.argv;
  const process::Variable event_file[] = {{"BUS_EVENT_FILE", file->path()}};
  run.env = process::merge_environment(process::event_environment(own, event_scalars(event)), event_file);
  if (program.event_on_stdin) {
    run.in.kind = process::Input::Kind::bytes;
    run.in.bytes = text;
  }
  auto child = spawner.start(run);
  if (!child) {
    tell(child.error());
    return process::shell_status(child.error());
  }
  return watch(spawner, *child, signals, heard);
}

}  // namespace bus::cli
