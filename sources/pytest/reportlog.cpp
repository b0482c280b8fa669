#include "sources/pytest/reportlog.h"

#include <algorithm>
#include <map>
#include <new>
#include <unordered_map>
#include <utility>

#include "sources/pytest/fields.h"
#include "sources/pytest/text.h"

namespace bus::pytest {
namespace {

constexpr std::size_t kMaxLine = 16u << 20;
constexpr std::uint64_t kMany = 1'000'000'000;

std::string excerpt(std::string_view text) {
  Excerpt out;
  out.add(text);
  return out.text();
}

// Lenient: the members of a report log are pytest's own business and change with it.
std::string_view text_of(simdjson::dom::element from, std::string_view key) {
  std::string_view value;
  return from[key].get_string().get(value) == simdjson::SUCCESS ? value : std::string_view();
}
double number_of(simdjson::dom::element from, std::string_view key) {
  double value = 0;
  return from[key].get_double().get(value) == simdjson::SUCCESS && value >= 0 && value < 1e10 ? value : 0;
}

// The three reports of a test, as they come in.
struct Phases {
  std::string setup, call, teardown;  // outcomes; empty: not there
  TestCase test;
};

class Reader {
 public:
  FileReport take(std::string_view lines) {
    std::size_t number = 0;
    while (!lines.empty() && report_.problem.empty()) {
      const std::size_t end = lines.find('\n');
      const std::string_view line = lines.substr(0, end);
      lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
      ++number;
      if (first_line(line).empty()) continue;
      if (std::string why = take_line(line, end == std::string_view::npos); !why.empty()) {
        report_.problem = "line " + std::to_string(number) + ": " + why;
      }
    }
    if (report_.problem.empty() && !is_reportlog_)
      report_.problem = "this is no report log of pytest: it has no reports";
    report_.counts = counts_;
    if (report_.finish) report_.finish->counts = counts_;
    return std::move(report_);
  }

 private:
  // What is wrong with the line; empty if nothing is.
  std::string take_line(std::string_view line, bool unfinished) {
    if (line.size() > kMaxLine) return "it is too long";
    simdjson::dom::element report;
    if (const auto error = parser_.parse(line.data(), line.size()).get(report)) {
      if (error == simdjson::MEMALLOC) throw std::bad_alloc();
      return unfinished ? "the file ends too early" : "it is no JSON";
    }
    if (!report.is_object()) return "it is no JSON object";
    const std::string_view kind = text_of(report, "$report_type");
    if (kind.empty()) return "it has no $report_type";
    is_reportlog_ = true;
    if (kind == "TestReport") return take_test(report);
    if (kind == "CollectReport") take_collected(report);
    if (kind == "SessionStart") report_.session.pytest = clip(text_of(report, "pytest_version"));
    if (kind == "SessionFinish") take_finish(report);
    return {};
  }

  void take_finish(simdjson::dom::element report) {
    std::uint64_t status = 0;
    if (report["exitstatus"].get_uint64().get(status) != simdjson::SUCCESS || status > 255) status = 3;
    // The log does not say who broke the session off; pytest itself does so at errors of collection.
    const SessionEnd end = session_end(status, counts_, collect_errors_ != 0, collect_errors_ != 0);
    Finish finish;
    finish.exit = status;
    finish.result = end.result;
    finish.detail = end.detail;
    finish.collect_errors = collect_errors_;
    report_.finish = std::move(finish);
  }

  void take_collected(simdjson::dom::element report) {
    const std::string_view outcome = text_of(report, "outcome");
    if (outcome != "failed" && outcome != "skipped") return;
    Collected file;
    file.nodeid = clip(text_of(report, "nodeid"), kMaxNodeId);
    file.skipped = outcome == "skipped";
    explain(report, file.message, file.text);
    counts_.add(file.skipped ? Verdict::skipped : Verdict::error);
    if (!file.skipped) ++collect_errors_;
    report_.files.push_back(std::move(file));
  }

  std::string take_test(simdjson::dom::element report) {
    const std::string nodeid(clip(text_of(report, "nodeid"), kMaxNodeId));
    const std::string_view when = text_of(report, "when"), outcome = text_of(report, "outcome");
    if (nodeid.empty() || outcome.empty()) return "a test's report has no nodeid or no outcome";
    Phases& phases = open_[nodeid];
    TestCase& test = phases.test;
    test.nodeid = nodeid;
    take_place(report, test);
    std::string& phase = when == "setup" ? phases.setup : when == "teardown" ? phases.teardown : phases.call;
    phase = outcome;
    std::optional<double>& seconds = when == "setup"      ? test.setup
                                     : when == "teardown" ? test.teardown
                                                          : test.call;
    seconds = number_of(report, "duration");
    if (outcome != "passed" || report["wasxfail"].error() == simdjson::SUCCESS)
      take_reason(report, when, test);
    const bool crashed = when != "setup" && when != "call" && when != "teardown";
    if (when != "teardown" && outcome != "rerun" && !crashed) return {};
    return end_test(nodeid);
  }

  static void take_place(simdjson::dom::element report, TestCase& test) {
    test.file = clip(text_of(report, "nodeid"));
    std::string_view file;
    std::uint64_t line = 0;
    if (report["location"].at(0).get_string().get(file) == simdjson::SUCCESS) test.file = clip(file);
    if (report["location"].at(1).get_uint64().get(line) == simdjson::SUCCESS && line < kMany)
      test.line = line + 1;
    test.worker = clip(text_of(report, "worker_id"));
    const auto start = static_cast<std::int64_t>(number_of(report, "start") * 1e6);
    if (test.started_us == 0) test.started_us = start;
    test.ended_us = std::max(test.ended_us, static_cast<std::int64_t>(number_of(report, "stop") * 1e6));
  }

  // Why a phase did not simply pass. A later one (teardown) does not hide an earlier one.
  void take_reason(simdjson::dom::element report, std::string_view when, TestCase& test) {
    const std::string_view outcome = text_of(report, "outcome");
    const std::string_view xfail = text_of(report, "wasxfail");
    const bool wasxfail = report["wasxfail"].error() == simdjson::SUCCESS;
    if (!test.when.empty()) return;
    test.when = clip(when);
    if (wasxfail) {
      test.verdict = outcome == "skipped" ? Verdict::xfailed : Verdict::xpassed;
      test.message = clip(xfail);
      return;
    }
    test.verdict = outcome == "rerun"                                               ? Verdict::rerun
                   : outcome == "skipped"                                           ? Verdict::skipped
                   : outcome == "failed" && (when == "setup" || when == "teardown") ? Verdict::error
                                                                                    : Verdict::failed;
    explain(report, test.message, test.text);
    if (test.verdict != Verdict::skipped) take_captured(report, test);
  }

  static void take_captured(simdjson::dom::element report, TestCase& test) {
    Excerpt out, err, log;
    simdjson::dom::array sections;
    if (report["sections"].get_array().get(sections) != simdjson::SUCCESS) return;
    for (const simdjson::dom::element section : sections) {
      std::string_view title, text;
      if (section.at(0).get_string().get(title) != simdjson::SUCCESS ||
          section.at(1).get_string().get(text) != simdjson::SUCCESS) {
        continue;
      }
      if (title.starts_with("Captured stdout")) out.add(text);
      if (title.starts_with("Captured stderr")) err.add(text);
      if (title.starts_with("Captured log")) log.add(text);
    }
    test.out = out.text();
    test.err = err.text();
    test.log = log.text();
  }

  // longrepr is a text, a [path, line, reason], or an object with reprcrash and reprtraceback.
  static void explain(simdjson::dom::element report, std::string& message, std::string& text) {
    simdjson::dom::element longrepr;
    if (report["longrepr"].get(longrepr) != simdjson::SUCCESS) return;
    std::string_view found;
    if (longrepr.get_string().get(found) == simdjson::SUCCESS) {
      text = excerpt(found);
      message = clip(first_line(found));
    } else if (longrepr.at(2).get_string().get(found) == simdjson::SUCCESS) {
      message = clip(found);
    } else if (longrepr.is_object()) {
      if (longrepr["reprcrash"]["message"].get_string().get(found) == simdjson::SUCCESS)
        message = clip(found);
      text = traceback(longrepr);
    }
  }

  // The lines of all entries, as pytest prints them.
  static std::string traceback(simdjson::dom::element longrepr) {
    Excerpt out;
    simdjson::dom::array entries;
    if (longrepr["reprtraceback"]["reprentries"].get_array().get(entries) != simdjson::SUCCESS) return {};
    for (const simdjson::dom::element entry : entries) {
      simdjson::dom::array lines;
      if (entry["data"]["lines"].get_array().get(lines) != simdjson::SUCCESS) continue;
      for (const simdjson::dom::element line : lines) {
        std::string_view text;
        if (line.get_string().get(text) != simdjson::SUCCESS) continue;
        out.add(text);
        out.add("\n");
      }
    }
    return out.text();
  }

  std::string end_test(const std::string& nodeid) {
    Phases phases = std::move(open_[nodeid]);
    open_.erase(nodeid);
    if (phases.call.empty() && phases.setup == "passed") {
      // A test whose call was never reported did not pass.
      phases.test.verdict = Verdict::interrupted;
    }
    if (report_.tests.size() == kMaxFileTests) {
      return "only the first " + std::to_string(kMaxFileTests) + " tests are taken";
    }
    phases.test.attempt = ++attempts_[nodeid];
    counts_.add(phases.test.verdict);
    if (report_.session.started_us == 0) report_.session.started_us = phases.test.started_us;
    report_.tests.push_back(std::move(phases.test));
    return {};
  }

  simdjson::dom::parser parser_;
  FileReport report_;
  Counts counts_;
  std::uint64_t collect_errors_ = 0;
  bool is_reportlog_ = false;
  std::map<std::string, Phases> open_;
  std::unordered_map<std::string, std::uint32_t> attempts_;
};

}  // namespace

FileReport read_reportlog(std::string_view lines) {
  return Reader().take(lines);
}

}  // namespace bus::pytest
