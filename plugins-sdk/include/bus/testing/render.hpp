// For tests of a plugin: events as text. Either every field that is set on a line of its own, for expected
// files, or the JSON form of one line.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <string>
#include <string_view>

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

// A JSON object, member by member; what is empty is left out.
class JsonText {
 public:
  enum Form { kOneLine, kPage, kInner };  // kPage: a member a line; kInner: the same, two to the right
  explicit JsonText(Form form) : form_(form) {}

  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    std::string quoted;
    append_json_text(quoted, value);
    put(name, quoted);
  }
  void put(std::string_view name, std::string_view json) {
    if (json.empty()) return;
    out_ += out_.empty() ? "{" : ",";
    if (form_ != kOneLine) out_ += form_ == kInner ? "\n    " : "\n  ";
    out_.append("\"").append(name).append(form_ == kOneLine ? "\":" : "\": ").append(json);
  }
  std::string done() const {
    return (out_.empty() ? "{" : out_) + (form_ == kOneLine ? "}" : form_ == kInner ? "\n  }" : "\n}");
  }
  Form inner() const { return form_ == kOneLine ? kOneLine : kInner; }

 private:
  Form form_;
  std::string out_;
};

inline constexpr std::string_view kStateWords[] = {"pending", "running", "blocked", "unknown", "finished"};
inline constexpr std::string_view kResultWords[] = {"",      "success", "skip",        "failure",
                                                    "error", "timeout", "cancellation"};

inline std::string render_task(const Task& task, JsonText::Form form = JsonText::kInner) {
  const auto word = [](const auto& words, auto index) {
    const auto at = static_cast<std::size_t>(index);
    return at < std::size(words) ? words[at] : std::string_view("?");
  };
  JsonText out(form);
  out.text("id", task.id);
  out.put("attempt", std::to_string(task.attempt));
  out.text("kind", task.kind), out.text("name", task.name), out.text("scope", task.scope);
  out.text("ref", task.ref), out.text("sha", task.sha), out.text("change", task.change);
  out.text("url", task.url), out.text("actor", task.actor), out.text("worker", task.worker);
  out.text("parent", task.parent);
  out.text("state", word(kStateWords, task.state));
  out.text("result", word(kResultWords, task.result));
  out.text("blocked_on", task.blocked_on), out.text("detail", task.detail);
  if (task.exit) out.put("exit", std::to_string(*task.exit));
  out.text("signal", task.signal);
  out.text("started", render_time(task.started_us)), out.text("ended", render_time(task.ended_us));
  return out.done();
}

// `now`: the time of an event that has none. `body`: data and raw that are its bytes are told as "body".
inline void render_fields(JsonText& out, const Event& event, std::int64_t now = 0,
                          std::string_view body = {}) {
  out.text("type", event.type), out.text("scope", event.scope), out.text("subject", event.subject);
  out.text("time", render_time(event.time_us != 0 ? event.time_us : now));
  out.text("key", event.key), out.text("summary", event.summary);
  if (event.task) out.put("task", render_task(*event.task, out.inner()));
  out.put("data", !event.data.empty() && event.data == body ? "\"body\"" : event.data);
  out.text("raw", !event.raw.empty() && event.raw == body ? "body" : std::string_view(event.raw));
}

inline std::string render_event(const Event& event, std::string_view body = {}) {
  JsonText out(JsonText::kPage);
  render_fields(out, event, 0, body);
  return out.done() + "\n";
}

}  // namespace bus::testing
