#include "core/rules/launch.h"

#include <utility>

namespace bus::rules {
namespace {

std::string scalar(json::Node value) {
  if (const auto text = value.string()) return std::string(*text);
  if (const auto number = value.integer()) return std::to_string(*number);
  return {};
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
      {"BUS_TASK_URL", task["url"]},         {"TRACEPARENT", event["trace"]}};
  std::vector<process::Variable> scalars;
  for (const auto& [name, value] : all) {
    if (std::string text = scalar(value); !text.empty()) scalars.emplace_back(name, std::move(text));
  }
  return scalars;
}

Result<Prepared> prepare(const Command& command, std::string_view last, std::string_view all,
                         std::span<const process::Variable> further) {
  Prepared out;
  json::Document document;
  auto event = document.parse(last);
  if (!event) return std::move(event).error().in("the event");
  auto file = process::EventFile::write(command.event_folder, last);
  if (!file) return std::move(file).error();
  std::vector<process::Variable> added = {{"BUS_EVENT_FILE", file->path()}};
  out.files.push_back(std::move(*file));
  if (command.gathers) {
    auto every = process::EventFile::write(command.event_folder, all);
    if (!every) return std::move(every).error();
    added.emplace_back("BUS_EVENTS_FILE", every->path());
    out.files.push_back(std::move(*every));
  }
  added.insert(added.end(), further.begin(), further.end());
  process::Program& program = out.program;
  program.path = command.path;
  program.argv = command.argv;
  program.env =
      process::merge_environment(process::event_environment(command.env, event_scalars(*event)), added);
  program.cwd = command.cwd;
  program.umask = command.umask;
  program.limits = command.limits;
  if (command.in == Stdin::event) {
    program.in.kind = process::Input::Kind::bytes;
    program.in.bytes = last;
  }
  return out;
}

}  // namespace bus::rules
