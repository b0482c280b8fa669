#include "sources/github/test/render.h"

#include <chrono>
#include <cstdio>

namespace bus::github {
namespace {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      out += code;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string time_text(std::int64_t us) {
  const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(us)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  char out[48];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string text = out;
  if (const auto rest = clock.subseconds().count(); rest != 0) {
    std::snprintf(out, sizeof out, ".%06d", static_cast<int>(rest));
    text += out;
  }
  return text + "Z";
}

// An object, member by member; what is empty is left out.
class Object {
 public:
  explicit Object(std::string indent) : indent_(std::move(indent)) {}
  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) put(name, json_text(value));
  }
  void time(std::string_view name, std::int64_t us) {
    if (us != 0) put(name, json_text(time_text(us)));
  }
  void put(std::string_view name, std::string_view json) {
    out_ += out_.empty() ? "{\n" : ",\n";
    out_.append(indent_).append("  ").append(json_text(name)).append(": ").append(json);
  }
  std::string done() const { return out_ + "\n" + indent_ + "}"; }

 private:
  std::string indent_, out_;
};

std::string_view name(State state) {
  constexpr std::string_view kNames[] = {"pending", "running", "blocked", "unknown", "finished"};
  return kNames[static_cast<std::size_t>(state)];
}
std::string_view name(Outcome result) {
  constexpr std::string_view kNames[] = {"",      "success", "skip",        "failure",
                                         "error", "timeout", "cancellation"};
  return kNames[static_cast<std::size_t>(result)];
}

std::string render(const Task& task) {
  Object out("  ");
  out.text("id", task.id);
  out.put("attempt", std::to_string(task.attempt));
  out.text("kind", task.kind);
  out.text("name", task.name);
  out.text("scope", task.scope);
  out.text("ref", task.ref);
  out.text("sha", task.sha);
  out.text("change", task.change);
  out.text("url", task.url);
  out.text("actor", task.actor);
  out.text("worker", task.worker);
  out.text("parent", task.parent);
  out.text("state", name(task.state));
  out.text("result", name(task.result));
  out.text("blocked_on", task.blocked_on);
  out.text("detail", task.detail);
  out.time("started", task.started_us);
  out.time("ended", task.ended_us);
  return out.done();
}

}  // namespace

std::string render(const Event& event, std::string_view body) {
  Object out("");
  out.text("type", event.type);
  out.text("scope", event.scope);
  out.text("subject", event.subject);
  out.time("time", event.time_us);
  out.text("key", event.key);
  out.text("summary", event.summary);
  if (event.task) out.put("task", render(*event.task));
  out.text("data", event.data == body ? "body" : event.data);
  out.text("raw", !event.raw.empty() && event.raw == body ? "body" : event.raw);
  return out.done() + "\n";
}

std::string render(const Refusal& refusal) {
  Object out("");
  out.text("refused", refusal.code);
  out.text("message", refusal.message);
  return out.done() + "\n";
}

}  // namespace bus::github
