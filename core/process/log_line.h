// The lines of a run's log as bytes. Inside core/process only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/unique_fd.h"
#include "core/process/run_log.h"

namespace bus::process {

// What stands before the text of the longest line, and its newline.
inline constexpr std::size_t kLongestPrefix = 64;

// Appends "2026-11-20T08:00:00.123456000Z stdout F text\n".
void append_log_line(std::string& out, Time time, std::string_view stream, bool whole, std::string_view text);

// A line without its newline, in parts.
struct ParsedLine {
  Time time;
  std::string_view stream, text;
  bool whole = true;
};
std::optional<ParsedLine> parse_log_line(std::string_view line);

// The remarks of run_log.h; their stream is "bus".
inline constexpr std::string_view kRemark = "bus";
inline constexpr std::string_view kBase = "base=", kLost = "lost=";
// The number of a remark of that kind.
std::optional<std::uint64_t> remark_number(std::string_view text, std::string_view kind);

// Where a file of a log begins in the log, and where in the file that is.
struct LogBase {
  std::uint64_t offset = 0;
  std::size_t header = 0;
};
LogBase read_base(int fd);

// "<path>" for 0, "<path>.2" for 2.
std::string rotated_name(const std::string& path, int number);

// Takes the writer's lock on an open file. False if somebody has it.
bool lock_log(int fd);
void unlock_log(int fd);
// Whether somebody has it.
bool log_locked(int fd);

}  // namespace bus::process
