// What is known of a session and its tests, wherever it came from: a running pytest, a report log, a JUnit
// file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/cpp/event.hpp"
#include "sources/pytest/words.h"

namespace bus::pytest {

inline constexpr std::size_t kMaxSession = 64;  // bytes of a session's id
inline constexpr std::size_t kMaxNodeId =
    4096;  // bytes; an id or subject made of a longer one than 800 is cut
inline constexpr std::size_t kMaxFileTests = 20'000;  // tests that are taken of one file

struct Session {
  std::string id;     // [A-Za-z0-9_-]+
  std::string scope;  // the project
  std::string name;   // "pytest tests/unit"
  std::string ref, sha, root;
  std::string pytest, python;  // versions
  std::int64_t started_us = 0;
  bool junit = false;  // read from a JUnit file: the types of its events begin with junit_
};

struct TestCase {
  std::string nodeid;
  std::string name;  // empty: the last part of the nodeid
  std::string file, worker, suite;
  std::optional<std::uint64_t> line;  // from 1
  std::uint32_t attempt = 1;
  Verdict verdict = Verdict::passed;
  std::string when;     // setup, call, teardown: where it went wrong
  std::string message;  // one line
  std::string text, out, err, log;
  std::optional<double> setup, call, teardown, total;  // seconds
  std::int64_t started_us = 0, ended_us = 0;
};

// A file of tests that could not be collected, or was skipped as a whole.
struct Collected {
  std::string nodeid, message, text;
  bool skipped = false;
};

struct Finish {
  Outcome result = Outcome::success;
  std::string detail, reason;
  std::optional<std::uint64_t> exit;  // pytest's
  Counts counts;
  std::uint64_t collect_errors = 0, dropped = 0;
  std::optional<double> duration;
};

// The events. `number` is the report's place in its session: with the session's id it is the event's key.
// `time_us` 0: now. Pure; every text keeps the host's bounds.
Event session_pending(const Session& session, std::uint64_t number, std::int64_t time_us);
Event session_running(const Session& session, std::uint64_t number, std::int64_t time_us,
                      std::optional<std::uint64_t> tests, const Counts& counts);
// `why` is the detail: "silent", "no end". Without a number the event has no key.
Event session_unknown(const Session& session, std::optional<std::uint64_t> number, std::int64_t time_us,
                      std::string_view why, const Counts& counts);
Event session_finished(const Session& session, std::uint64_t number, std::int64_t time_us,
                       const Finish& finish);
Event test_running(const Session& session, std::uint64_t number, std::int64_t time_us, const TestCase& test);
Event test_finished(const Session& session, std::uint64_t number, std::int64_t time_us, const TestCase& test);
Event collected(const Session& session, std::uint64_t number, std::int64_t time_us, const Collected& file);

// The tasks' ids: "pytest:<session>", "pytest:<session>/<nodeid>".
std::string session_task_id(const Session& session);
std::string test_task_id(const Session& session, std::string_view nodeid);

// What a whole file told.
struct FileReport {
  Session session;
  std::vector<TestCase> tests;
  std::vector<Collected> files;
  std::optional<Finish> finish;  // none: the file does not say how it ended
  Counts counts;                 // of all that is in it
  std::string problem;           // why not everything in it could be read; empty: all was
};

// Nothing in it could be read: it is no report at all, or broken from its beginning on.
inline bool is_useless(const FileReport& report) {
  return !report.problem.empty() && report.tests.empty() && report.files.empty();
}

// The events of a file, in order: the session, its tests, its end.
std::vector<Event> events_of(const FileReport& report, std::int64_t modified_us);

}  // namespace bus::pytest
