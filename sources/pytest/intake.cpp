#include "sources/pytest/intake.h"

#include <algorithm>
#include <new>

#include "sources/pytest/fields.h"
#include "sources/pytest/junit.h"
#include "sources/pytest/reportlog.h"
#include "sources/pytest/text.h"

namespace bus::pytest {
namespace {

constexpr std::uint64_t kMany = 1'000'000'000;
// The parser of a larger message is given back at once: it takes several times the message's size.
constexpr std::size_t kKeptParser = 1u << 20;

bool is_session_id(std::string_view id) {
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Session read_session(const Fields& from) {
  Session session;
  session.id = from.required_text("id", kMaxSession);
  if (!is_session_id(session.id)) from.wrong("id", "must be letters, digits, - and _");
  session.scope = from.text("scope", kMaxText);
  session.name = from.text("name", kMaxText);
  session.ref = from.text("ref", kMaxText);
  session.sha = from.text("sha", kMaxText);
  session.root = from.text("root", kMaxNodeId);
  session.pytest = from.text("pytest", kMaxText);
  session.python = from.text("python", kMaxText);
  session.started_us = from.time_us("started");
  return session;
}

Counts read_counts(const Fields& report) {
  Counts counts;
  const auto from = report.object("counts");
  if (!from) return counts;
  for (std::size_t i = 0; i < kVerdicts; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    counts.set(verdict, from->number(name(verdict), kMany).value_or(0));
  }
  return counts;
}

TestCase read_test(const Fields& from) {
  TestCase test;
  test.nodeid = from.required_text("nodeid", kMaxNodeId);
  test.file = from.text("file", kMaxNodeId);
  test.line = from.number("line", kMany, 1);
  test.worker = from.text("worker", kMaxText);
  test.attempt = static_cast<std::uint32_t>(from.number("attempt", kMany, 1).value_or(1));
  test.started_us = from.time_us("started");
  test.ended_us = from.time_us("time");
  return test;
}

TestCase read_ended_test(const Fields& from) {
  TestCase test = read_test(from);
  const auto verdict = verdict_named(from.required_text("outcome", kMaxText));
  if (!verdict) {
    from.wrong("outcome", "must be passed, failed, error, skipped, xfailed, xpassed, rerun or interrupted");
  }
  test.verdict = verdict.value_or(Verdict::error);
  test.when = from.text("when", kMaxText);
  test.message = from.text("message", kMaxLongText);
  test.text = from.text("text", kMaxLongText);
  test.out = from.text("stdout", kMaxLongText);
  test.err = from.text("stderr", kMaxLongText);
  test.log = from.text("log", kMaxLongText);
  test.setup = from.seconds("setup");
  test.call = from.seconds("call");
  test.teardown = from.seconds("teardown");
  if (test.started_us == 0) {
    const double took = test.setup.value_or(0) + test.call.value_or(0) + test.teardown.value_or(0);
    test.started_us = std::max<std::int64_t>(test.ended_us - static_cast<std::int64_t>(took * 1e6), 0);
  }
  return test;
}

Collected read_collected(const Fields& from) {
  Collected file;
  file.nodeid = from.required_text("nodeid", kMaxNodeId);
  file.skipped = from.required_text("outcome", kMaxText) == "skipped";
  file.message = from.text("message", kMaxLongText);
  file.text = from.text("text", kMaxLongText);
  return file;
}

Finish read_finish(const Fields& from, const Session& session, std::int64_t time_us) {
  Finish finish;
  finish.exit = from.number("exit", 255);
  if (!finish.exit) from.wrong("exit", "is missing");
  finish.counts = read_counts(from);
  finish.reason = from.text("reason", kMaxLongText);
  finish.collect_errors = from.number("collect_errors", kMany).value_or(0);
  finish.dropped = from.number("dropped", kMany).value_or(0);
  const SessionEnd end =
      session_end(finish.exit.value_or(0), finish.counts, from.flag("stopped"), finish.collect_errors != 0);
  finish.result = end.result;
  finish.detail = end.detail;
  if (session.started_us != 0 && time_us >= session.started_us) {
    finish.duration = static_cast<double>(time_us - session.started_us) / 1e6;
  }
  return finish;
}

void read_report(const Fields& from, Live& live) {
  const auto number = from.number("n", kMany, 1);
  if (!number) from.wrong("n", "is missing");
  const std::uint64_t n = number.value_or(0);
  const std::int64_t at = from.time_us("time");
  const Session& session = live.session;
  const std::string_view what = from.required_text("what", kMaxText);
  if (what == "start") {
    live.events.push_back(session_pending(session, n, at));
  } else if (what == "collected" || what == "progress") {
    live.events.push_back(session_running(session, n, at, from.number("tests", kMany), read_counts(from)));
  } else if (what == "running") {
    live.events.push_back(test_running(session, n, at, read_test(from)));
  } else if (what == "test") {
    live.events.push_back(test_finished(session, n, at, read_ended_test(from)));
  } else if (what == "collect") {
    live.events.push_back(collected(session, n, at, read_collected(from)));
  } else if (what == "finish") {
    live.events.push_back(session_finished(session, n, at, read_finish(from, session, at)));
    live.finished = true;
  } else {
    from.wrong("what", "must be start, collected, progress, running, test, collect or finish");
  }
}

Meaning read_live(const Fields& root) {
  Live live;
  if (const auto session = root.required_object("session")) live.session = read_session(*session);
  root.objects("reports", kMaxReports, [&](const Fields& one) { read_report(one, live); });
  if (root.problem().found()) return Refusal{root.problem().text()};
  return live;
}

Meaning read_file(const Fields& root, std::string_view kind) {
  ReportFile file;
  file.name = root.required_text("name", kMaxNodeId);
  file.content = root.text(kind, kMaxFile);
  file.scope = root.text("scope", kMaxText);
  file.modified_us = root.time_us("modified");
  file.utf8 = true;
  if (root.problem().found()) return Refusal{root.problem().text()};
  return kind == "junit" ? read_junit_file(file) : read_reportlog_file(file);
}

// "hello" of "/home/me/hello/junit.xml".
std::string_view folder_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  path = path.substr(0, slash);
  return path.substr(path.rfind('/') + 1);
}

Session session_of(const ReportFile& file, std::string_view kind) {
  Session session;
  std::string identity(file.name);
  identity.append("\n").append(std::to_string(file.modified_us)).append("\n").append(file.content);
  session.id = std::string(kind) + "-" + digest(identity);
  session.scope = file.scope.empty() ? folder_name(clip(file.name)) : file.scope;
  session.name = clip(file.name.substr(file.name.rfind('/') + 1));
  session.root = file.name;
  session.junit = kind == "junit";
  return session;
}

FromFile finish_file(FileReport report, const ReportFile& file) {
  FromFile out;
  out.events = events_of(report, file.modified_us);
  out.report = std::move(report);
  return out;
}

}  // namespace

FromFile read_junit_file(const ReportFile& file) {
  FileReport report = read_junit(file.content, file.utf8);
  const std::int64_t started_us = report.session.started_us;
  report.session = session_of(file, "junit");
  report.session.started_us = started_us;
  return finish_file(std::move(report), file);
}

FromFile read_reportlog_file(const ReportFile& file) {
  FileReport report = read_reportlog(file.content);
  Session session = session_of(file, "reportlog");
  session.pytest = report.session.pytest;
  session.started_us = report.session.started_us;
  report.session = std::move(session);
  return finish_file(std::move(report), file);
}

Meaning Intake::read(std::string_view message) {
  simdjson::dom::parser large;
  simdjson::dom::parser& parser = message.size() > kKeptParser ? large : parser_;
  simdjson::dom::element element;
  if (const auto error = parser.parse(message.data(), message.size()).get(element)) {
    if (error == simdjson::MEMALLOC) throw std::bad_alloc();
    return Refusal{"the message is no JSON"};
  }
  simdjson::dom::object object;
  if (element.get_object().get(object) != simdjson::SUCCESS) return Refusal{"the message is no JSON object"};
  Problem problem;
  const Fields root(object, "", problem);
  if (root.has("junit")) return read_file(root, "junit");
  if (root.has("reportlog")) return read_file(root, "reportlog");
  return read_live(root);
}

}  // namespace bus::pytest
