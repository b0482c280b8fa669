// An event of the plugins' C++ layer as text, every field that is set on a line of its own: for expected
// files.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "bus/cpp/event.hpp"
#include "bus/cpp/text.hpp"

namespace bus::testing {

// RFC 3339; 0 is "".
inline std::string render_time(std::int64_t us) {
  if (us == 0) return {};
  const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(us)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  char out[48];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return out;
}

// A JSON object, a member a line.
class RenderedObject {
 public:
  explicit RenderedObject(std::string indent = "") : indent_(std::move(indent)) {}
  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    std::string quoted;
    append_json_text(quoted, value);
    put(name, quoted);
  }
  void put(std::string_view name, std::string_view json) {
    if (json.empty()) return;
    out_ += out_.empty() ? "{\n" : ",\n";
    out_.append(indent_).append("  \"").append(name).append("\": ").append(json);
  }
  std::string done() const { return (out_.empty() ? "{" : out_) + "\n" + indent_ + "}"; }

 private:
  std::string indent_, out_;
};

inline std::string render_task(const Task& task) {
  constexpr std::string_view kStates[] = {"pending", "running", "blocked", "unknown", "finished"};
  constexpr std::string_view kResults[] = {"",      "success", "skip",        "failure",
                                           "error", "timeout", "cancellation"};
  RenderedObject out("  ");
  out.text("id", task.id);
  out.put("attempt", std::to_string(task.attempt));
  out.text("kind", task.kind), out.text("name", task.name), out.text("scope", task.scope);
  out.text("ref", task.ref), out.text("sha", task.sha), out.text("change", task.change);
  out.text("url", task.url), out.text("actor", task.actor), out.text("worker", task.worker);
  out.text("parent", task.parent);
  out.text("state", kStates[static_cast<std::size_t>(task.state)]);
  out.text("result", kResults[static_cast<std::size_t>(task.result)]);
  out.text("blocked_on", task.blocked_on), out.text("detail", task.detail);
  if (task.exit) out.put("exit", std::to_string(*task.exit));
  out.text("signal", task.signal);
  out.text("started", render_time(task.started_us)), out.text("ended", render_time(task.ended_us));
  return out.done();
}

// `body`: data and raw that are its bytes are told as "body".
inline std::string render_event(const Event& event, std::string_view body = {}) {
  RenderedObject out;
  out.text("type", event.type), out.text("scope", event.scope), out.text("subject", event.subject);
  out.text("time", render_time(event.time_us)), out.text("key", event.key),
      out.text("summary", event.summary);
  if (event.task) out.put("task", render_task(*event.task));
  out.put("data", !event.data.empty() && event.data == body ? "\"body\"" : event.data);
  out.text("raw", !event.raw.empty() && event.raw == body ? "body" : std::string_view(event.raw));
  return out.done() + "\n";
}

}  // namespace bus::testing
