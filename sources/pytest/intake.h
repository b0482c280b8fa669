// From a message of a client to the events that it means. INTAKE.md has the messages. Pure: no clock, no I/O.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bus/cpp/event.hpp"
#include "sources/pytest/report.h"

namespace bus::pytest {

inline constexpr std::size_t kMaxReports = 1000;         // in one message
inline constexpr std::size_t kMaxLongText = 128u << 10;  // bytes of one text of a report
inline constexpr std::size_t kMaxFile = 16u << 20;       // bytes of a file

// What came of a running session. `finished`: it said that it is over.
struct Live {
  Session session;
  std::vector<Event> events;
  bool finished = false;
};

// What came of a file.
struct FromFile {
  FileReport report;
  std::vector<Event> events;
};

// Not taken; sending it again does not help.
struct Refusal {
  std::string message;  // names the member that is wrong
};

using Meaning = std::variant<Live, FromFile, Refusal>;

// A file as it was handed over.
struct ReportFile {
  std::string_view name;  // of the file
  std::string_view content;
  std::string_view scope;        // empty: the name of the file's folder
  std::int64_t modified_us = 0;  // 0: not known
  bool utf8 = false;             // it came as text in a message: whatever it says of itself, it is UTF-8 now
};

// The file's report and its events. The same file (name, time, content) gives the same session and keys:
// handing it in twice stores it once.
FromFile read_junit_file(const ReportFile& file);
FromFile read_reportlog_file(const ReportFile& file);

// Not safe for concurrent use: it keeps the memory of its parser from one message to the next.
class Intake {
 public:
  Meaning read(std::string_view message);

 private:
  simdjson::dom::parser parser_;
};

}  // namespace bus::pytest
