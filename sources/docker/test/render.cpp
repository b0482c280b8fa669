#include "sources/docker/test/render.h"

#include "sources/docker/text.h"
#include "tests/support/render_event.h"

namespace bus::docker {
namespace {

std::string_view name(State state) {
  constexpr std::string_view kNames[] = {"pending", "running", "blocked", "unknown", "finished"};
  return kNames[static_cast<std::size_t>(state)];
}
std::string_view name(Outcome result) {
  constexpr std::string_view kNames[] = {"",      "success", "skip",        "failure",
                                         "error", "timeout", "cancellation"};
  return kNames[static_cast<std::size_t>(result)];
}

JsonObject render(const Task& task) {
  JsonObject out;
  out.text("id", task.id).number("attempt", task.attempt).text("kind", task.kind).text("name", task.name);
  out.text("scope", task.scope).text("parent", task.parent);
  out.text("state", name(task.state)).text("result", name(task.result)).text("detail", task.detail);
  if (task.exit) out.number("exit", *task.exit);
  out.text("signal", task.signal);
  out.text("started", testing::render_time(task.started_us))
      .text("ended", testing::render_time(task.ended_us));
  return out;
}

}  // namespace

std::string render(const Event& event, std::string_view message) {
  JsonObject out;
  out.text("type", event.type).text("scope", event.scope).text("subject", event.subject);
  out.text("time", testing::render_time(event.time_us)).text("key", event.key);
  if (event.polled) out.flag("polled", true);
  out.text("summary", event.summary);
  if (event.task) out.object("task", render(*event.task));
  out.text("raw", !event.raw.empty() && event.raw == message ? "message" : event.raw);
  std::string line = out.done();
  line.pop_back();
  return line + ",\"data\":" + event.data + "}\n";
}

}  // namespace bus::docker
