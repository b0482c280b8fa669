#include "sources/pytest/report.h"

#include <cstdio>
#include <utility>

#include "sources/pytest/text.h"

namespace bus::pytest {
namespace {

constexpr std::size_t kMaxInId = 800;
constexpr std::size_t kMaxSummaryPart = 150;

// A nodeid as it stands in ids and subjects: one that is too long keeps its beginning and gets a digest.
std::string short_nodeid(std::string_view nodeid) {
  if (nodeid.size() <= kMaxInId && nodeid.find('\0') == std::string_view::npos) return std::string(nodeid);
  return std::string(clip(nodeid, kMaxInId)) + "…" + digest(nodeid);
}

std::string test_name(const TestCase& test) {
  if (!test.name.empty()) return std::string(clip(test.name));
  const std::size_t mark = test.nodeid.find("::");
  return std::string(clip(mark == std::string::npos ? std::string_view(test.nodeid)
                                                    : std::string_view(test.nodeid).substr(mark + 2)));
}

std::string type_of(const Session& session, std::string_view what) {
  return (session.junit ? "junit_" : "pytest_") + std::string(what);
}

Event base(const Session& session, std::string_view what, std::optional<std::uint64_t> number,
           std::int64_t time_us) {
  Event event;
  event.type = type_of(session, what);
  event.scope = clip(session.scope);
  event.time_us = time_us;
  if (number) event.key = session.id + "/" + std::to_string(*number);
  return event;
}

Task base_task(const Session& session, std::string id, std::string_view kind) {
  Task task;
  task.id = std::move(id);
  task.kind = kind;
  task.scope = clip(session.scope);
  task.ref = clip(session.ref);
  task.sha = clip(session.sha);
  return task;
}

Task session_task(const Session& session, State state) {
  Task task = base_task(session, session_task_id(session), "test_session");
  task.name = clip(session.name);
  task.state = state;
  task.started_us = state == State::pending ? 0 : session.started_us;
  return task;
}

JsonObject session_data(const Session& session) {
  JsonObject data;
  data.text("session", session.id).text("root", session.root).text("pytest", session.pytest);
  data.text("python", session.python);
  return data;
}

// " (hello)", or nothing.
std::string in_scope(const Session& session) {
  return session.scope.empty() ? std::string() : " (" + std::string(clip(session.scope, 60)) + ")";
}

std::string shown_seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, seconds < 10 ? " in %.2fs" : " in %.0fs", seconds);
  return text;
}

std::optional<double> duration_of(const TestCase& test) {
  if (test.total || !(test.setup || test.call || test.teardown)) return test.total;
  return test.setup.value_or(0) + test.call.value_or(0) + test.teardown.value_or(0);
}

Event test_event(const Session& session, std::uint64_t number, std::int64_t time_us, const TestCase& test) {
  Event event = base(session, "test", number, time_us);
  event.subject = short_nodeid(test.nodeid);
  Task task = base_task(session, test_task_id(session, test.nodeid), "test");
  task.name = test_name(test);
  task.parent = session_task_id(session);
  task.attempt = test.attempt;
  task.worker = clip(test.worker);
  task.started_us = test.started_us;
  event.task = std::move(task);
  return event;
}

JsonObject test_data(const Session& session, const TestCase& test) {
  JsonObject data;
  data.text("session", session.id).text("nodeid", test.nodeid).text("suite", test.suite);
  data.text("file", test.file);
  if (test.line) data.number("line", *test.line);
  data.text("worker", test.worker);
  return data;
}

}  // namespace

std::string session_task_id(const Session& session) {
  return "pytest:" + session.id;
}

std::string test_task_id(const Session& session, std::string_view nodeid) {
  return session_task_id(session) + "/" + short_nodeid(nodeid);
}

Event session_pending(const Session& session, std::uint64_t number, std::int64_t time_us) {
  Event event = base(session, "session", number, time_us);
  event.subject = session.id;
  event.task = session_task(session, State::pending);
  event.summary = "tests are collected" + in_scope(session);
  event.data = session_data(session).done();
  return event;
}

Event session_running(const Session& session, std::uint64_t number, std::int64_t time_us,
                      std::optional<std::uint64_t> tests, const Counts& counts) {
  Event event = base(session, "session", number, time_us);
  event.subject = session.id;
  event.task = session_task(session, State::running);
  event.summary = "tests run: " + std::to_string(counts.total());
  if (tests) event.summary += " of " + std::to_string(*tests);
  event.summary += in_scope(session);
  JsonObject data = session_data(session);
  if (tests) data.number("tests", *tests);
  event.data = data.json("counts", counts.json()).done();
  return event;
}

Event session_unknown(const Session& session, std::optional<std::uint64_t> number, std::int64_t time_us,
                      std::string_view why, const Counts& counts) {
  Event event = base(session, "session", number, time_us);
  event.subject = session.id;
  event.task = session_task(session, State::unknown);
  event.task->detail = clip(why);
  event.summary =
      "how the tests end is not known: " + std::string(clip(why, kMaxSummaryPart)) + in_scope(session);
  event.data = session_data(session).json("counts", counts.json()).done();
  return event;
}

Event session_finished(const Session& session, std::uint64_t number, std::int64_t time_us,
                       const Finish& finish) {
  Event event = base(session, "session", number, time_us);
  event.subject = session.id;
  Task task = session_task(session, State::finished);
  task.result = finish.result;
  task.detail = clip(finish.detail);
  task.ended_us = time_us >= task.started_us ? time_us : 0;
  if (finish.exit) task.exit = static_cast<std::int32_t>(*finish.exit);
  event.task = std::move(task);
  event.summary = finish.detail + ": " + finish.counts.text();
  if (finish.duration) event.summary += shown_seconds(*finish.duration);
  event.summary += in_scope(session);
  JsonObject data = session_data(session);
  if (finish.exit) data.number("exit", *finish.exit);
  data.text("reason", finish.reason).json("counts", finish.counts.json());
  if (finish.collect_errors != 0) data.number("collect_errors", finish.collect_errors);
  if (finish.dropped != 0) data.number("dropped", finish.dropped);
  if (finish.duration) data.json("duration", json_seconds(*finish.duration));
  event.data = data.done();
  return event;
}

Event test_running(const Session& session, std::uint64_t number, std::int64_t time_us, const TestCase& test) {
  Event event = test_event(session, number, time_us, test);
  event.task->state = State::running;
  event.summary = "running: " + std::string(clip(test.nodeid, kMaxSummaryPart));
  event.data = test_data(session, test).done();
  return event;
}

Event test_finished(const Session& session, std::uint64_t number, std::int64_t time_us,
                    const TestCase& test) {
  Event event = test_event(session, number, time_us, test);
  event.task->state = State::finished;
  event.task->result = result_of(test.verdict);
  event.task->detail = name(test.verdict);
  event.task->ended_us = test.ended_us >= test.started_us ? test.ended_us : 0;
  event.summary = std::string(name(test.verdict)) + ": " + std::string(clip(test.nodeid, kMaxSummaryPart));
  if (!test.message.empty())
    event.summary.append(": ").append(first_line(clip(test.message, kMaxSummaryPart)));
  JsonObject data = test_data(session, test);
  data.text("outcome", name(test.verdict)).text("when", test.when);
  if (const auto took = duration_of(test)) data.json("duration", json_seconds(*took));
  if (test.setup) data.json("setup", json_seconds(*test.setup));
  if (test.call) data.json("call", json_seconds(*test.call));
  if (test.teardown) data.json("teardown", json_seconds(*test.teardown));
  data.text("message", test.message).text("text", test.text);
  data.text("stdout", test.out).text("stderr", test.err).text("log", test.log);
  event.data = data.done();
  return event;
}

Event collected(const Session& session, std::uint64_t number, std::int64_t time_us, const Collected& file) {
  Event event = base(session, "collect", number, time_us);
  event.subject = short_nodeid(file.nodeid);
  Task task =
      base_task(session, session_task_id(session) + "/collect/" + short_nodeid(file.nodeid), "collect");
  task.name = clip(file.nodeid);
  task.parent = session_task_id(session);
  task.state = State::finished;
  task.result = file.skipped ? Outcome::skip : Outcome::error;
  task.detail = file.skipped ? "skipped" : "error";
  event.task = std::move(task);
  event.summary = (file.skipped ? "skipped: " : "cannot be collected: ") +
                  std::string(clip(file.nodeid, kMaxSummaryPart));
  if (!file.message.empty())
    event.summary.append(": ").append(first_line(clip(file.message, kMaxSummaryPart)));
  JsonObject data;
  data.text("session", session.id)
      .text("nodeid", file.nodeid)
      .text("outcome", file.skipped ? "skipped" : "error");
  event.data = data.text("message", file.message).text("text", file.text).done();
  return event;
}

std::vector<Event> events_of(const FileReport& report, std::int64_t modified_us) {
  std::vector<Event> events;
  events.reserve(report.tests.size() + report.files.size() + 2);
  std::uint64_t number = 0;
  const std::int64_t begun = report.session.started_us != 0 ? report.session.started_us : modified_us;
  events.push_back(session_running(report.session, number++, begun, report.counts.total(), {}));
  for (const Collected& file : report.files)
    events.push_back(collected(report.session, number++, begun, file));
  for (const TestCase& test : report.tests) {
    const std::int64_t at = test.ended_us != 0 ? test.ended_us : modified_us;
    events.push_back(test_finished(report.session, number++, at, test));
  }
  if (report.finish && report.problem.empty()) {
    events.push_back(session_finished(report.session, number, modified_us, *report.finish));
  } else {
    const std::string_view why =
        report.problem.empty() ? std::string_view("no end") : std::string_view("incomplete file");
    events.push_back(session_unknown(report.session, number, modified_us, why, report.counts));
  }
  return events;
}

}  // namespace bus::pytest
