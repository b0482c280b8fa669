#include "sources/pytest/test/render.h"

#include <string_view>

namespace bus::pytest {
namespace {

void line(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out.append(name).append(": ").append(value).append("\n");
}
void line(std::string& out, std::string_view name, std::int64_t value) {
  if (value != 0) line(out, name, std::to_string(value));
}

std::string_view name(State state) {
  constexpr std::string_view kNames[] = {"pending", "running", "blocked", "unknown", "finished"};
  return kNames[static_cast<std::size_t>(state)];
}
std::string_view name(Outcome result) {
  constexpr std::string_view kNames[] = {"",      "success", "skip",        "failure",
                                         "error", "timeout", "cancellation"};
  return kNames[static_cast<std::size_t>(result)];
}

void render(std::string& out, const Task& task) {
  line(out, "task.id", task.id);
  line(out, "task.attempt", std::int64_t{task.attempt});
  line(out, "task.kind", task.kind);
  line(out, "task.name", task.name);
  line(out, "task.scope", task.scope);
  line(out, "task.ref", task.ref);
  line(out, "task.sha", task.sha);
  line(out, "task.worker", task.worker);
  line(out, "task.parent", task.parent);
  line(out, "task.state", name(task.state));
  line(out, "task.result", name(task.result));
  line(out, "task.detail", task.detail);
  if (task.exit) line(out, "task.exit", std::to_string(*task.exit));
  line(out, "task.started", task.started_us);
  line(out, "task.ended", task.ended_us);
}

}  // namespace

std::string render(const std::vector<Event>& events) {
  std::string out;
  for (const Event& event : events) {
    if (!out.empty()) out += "\n";
    line(out, "type", event.type);
    line(out, "scope", event.scope);
    line(out, "subject", event.subject);
    line(out, "key", event.key);
    line(out, "time", event.time_us);
    line(out, "summary", event.summary);
    if (event.task) render(out, *event.task);
    line(out, "data", event.data);
  }
  return out;
}

}  // namespace bus::pytest
