// C++ layer: Status, Event, Task, Receipt as values, and their way into the C structs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/event.h"

namespace bus {
inline namespace sdk {

inline std::string_view view(const bus_text& text) {
  return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}
inline bus_text text(std::string_view view) {
  return {view.data(), view.size()};
}

enum class Code : std::int32_t {
  ok = BUS_OK,
  invalid = BUS_INVALID,          // the same input will always fail
  unavailable = BUS_UNAVAILABLE,  // may work later
  denied = BUS_DENIED,
  stopping = BUS_STOPPING,
  fault = BUS_FAULT,
  later = BUS_LATER,  // of a sink's deliver alone
};

// Success, or a class of error with one line for people.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::ok; }
  explicit operator bool() const { return ok(); }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  Code code_ = Code::ok;
  std::string message_;
};

inline Status invalid(std::string message) {
  return {Code::invalid, std::move(message)};
}
inline Status unavailable(std::string message) {
  return {Code::unavailable, std::move(message)};
}
inline Status denied(std::string message) {
  return {Code::denied, std::move(message)};
}
inline Status fault(std::string message) {
  return {Code::fault, std::move(message)};
}

// For constructors, which cannot return a Status: `throw bus::Failure(bus::invalid("..."))`.
struct Failure {
  explicit Failure(Status why) : status(std::move(why)) {}
  Status status;
};

enum class State : std::int32_t {
  pending = BUS_TASK_PENDING,
  running = BUS_TASK_RUNNING,
  blocked = BUS_TASK_BLOCKED,
  unknown = BUS_TASK_UNKNOWN,
  finished = BUS_TASK_FINISHED,
};
enum class Outcome : std::int32_t {
  none = BUS_RESULT_NONE,
  success = BUS_RESULT_SUCCESS,
  skip = BUS_RESULT_SKIP,
  failure = BUS_RESULT_FAILURE,
  error = BUS_RESULT_ERROR,
  timeout = BUS_RESULT_TIMEOUT,
  cancellation = BUS_RESULT_CANCELLATION,
};
enum class Effect : std::int32_t {
  none = BUS_EFFECT_NONE,
  moved = BUS_EFFECT_NEW,
  repeat = BUS_EFFECT_REPEAT,
  stale = BUS_EFFECT_STALE,
};

// The fields of bus_task.
struct Task {
  std::string id, kind;
  std::string name, scope, ref, sha, change, url, actor, worker, parent;
  std::string blocked_on, detail, signal;
  std::uint32_t attempt = 1;  // 0: the source does not number them, the host does
  State state = State::pending;
  Outcome result = Outcome::none;  // set exactly when finished
  std::optional<std::int32_t> exit;
  std::int64_t started_us = 0, ended_us = 0;  // 0: unknown

  // Valid while this lives and is not changed.
  bus_task c() const {
    bus_task task{};
    task.size = sizeof task;
    task.flags = exit ? static_cast<std::uint32_t>(BUS_TASK_HAS_EXIT) : 0u;
    if (attempt == 0) task.flags |= static_cast<std::uint32_t>(BUS_TASK_UNNUMBERED);
    task.attempt = attempt;
    task.state = static_cast<std::int32_t>(state);
    task.result = static_cast<std::int32_t>(result);
    task.exit_code = exit.value_or(0);
    task.started_us = started_us;
    task.ended_us = ended_us;
    task.id = text(id), task.kind = text(kind), task.name = text(name), task.scope = text(scope);
    task.ref = text(ref), task.sha = text(sha), task.change = text(change), task.url = text(url);
    task.actor = text(actor), task.worker = text(worker), task.parent = text(parent);
    task.blocked_on = text(blocked_on), task.detail = text(detail), task.signal = text(signal);
    return task;
  }
};

// The fields of bus_event.
struct Event {
  std::string type, scope, subject;
  std::string key;           // empty: never a duplicate
  std::string summary;       // empty: the host writes one
  std::string data;          // JSON; empty: none
  std::string raw;           // as delivered, where that is not `data`
  std::int64_t time_us = 0;  // 0: now
  bool polled = false;       // found by asking
  std::optional<Task> task;
};

// Events as the C interface takes them. Valid while the events live and are not changed.
class EventArray {
 public:
  template <class Events>
  explicit EventArray(const Events& events) {
    tasks_.reserve(events.size());
    events_.reserve(events.size());
    for (const Event& event : events) add(event);
  }
  EventArray(const EventArray&) = delete;
  EventArray& operator=(const EventArray&) = delete;

  const bus_event* data() const { return events_.data(); }
  std::size_t size() const { return events_.size(); }

 private:
  void add(const Event& event) {
    bus_event out{};
    out.size = sizeof out;
    out.flags = event.polled ? static_cast<std::uint32_t>(BUS_EVENT_POLLED) : 0u;
    out.time_us = event.time_us;
    out.type = text(event.type), out.scope = text(event.scope), out.subject = text(event.subject);
    out.key = text(event.key), out.summary = text(event.summary);
    out.data = text(event.data), out.raw = text(event.raw);
    if (event.task) out.task = &tasks_.emplace_back(event.task->c());
    events_.push_back(out);
  }

  std::vector<bus_task> tasks_;
  std::vector<bus_event> events_;
};

// What became of one event.
struct Receipt {
  Code code = Code::ok;
  std::uint64_t seq = 0;
  std::string id;
  Effect effect = Effect::none;
  bool duplicate = false;  // its key was there: seq and id are the first one's
  bool known = false;      // polled, and moved nothing: not stored
  std::string message;     // why not
};

}  // namespace sdk
}  // namespace bus
