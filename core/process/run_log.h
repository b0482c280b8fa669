// The log of one run of a program: what it wrote, line by line, each with its time and stream. The format is
// that of container logs (CRI): `2026-11-20T08:00:00.123456000Z stdout F text`, F for a whole line, P for a
// part of one: longer than kLongestPart, or the last one, without a newline. Any bytes, and none is lost by
// writing them so.
//
// A log is bounded. When its file is full it becomes `<path>.1`, and that `<path>.2`; the oldest is removed.
// A file that another one went before begins with a remark, `<time> bus F base=<offset>`, and where bytes
// could not be written (a full disk) stands `<time> bus F lost=<bytes>`. No program can write such a line.
// Offsets count the bytes of the log over its whole life, without the base remarks.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace bus::process {

enum class Tag : std::uint8_t { out, err };

// Longer lines come in parts.
inline constexpr std::size_t kLongestPart = std::size_t{64} << 10;

struct LogBounds {
  std::uint64_t bytes = 8u << 20;  // of one file
  int files = 2;                   // the current one and those rotated away
};

// Writes. One thread. The file is locked (an open file description's lock) as long as this lives, so that
// others can tell whether a log is still written.
class RunLog {
 public:
  // Makes the file (0600) and its folder (0700). A log of that name that nobody writes any more is replaced;
  // Code::conflict if somebody does.
  static Result<RunLog> open(std::string path, LogBounds bounds = {});

  RunLog(RunLog&&) noexcept;
  RunLog& operator=(RunLog&&) noexcept;
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;
  ~RunLog();  // as close()

  // Bytes as they were read; lines are found here, and one that is not complete waits for its end. What the
  // file does not take is dropped and counted, and the next call tries again: the error is for saying so,
  // once.
  Status append(Tag tag, Time time, std::string_view bytes);
  // Writes what waits and lets the file go. Safe twice.
  Status close(Time time);

  std::uint64_t dropped() const;  // bytes of the program's that could not be written
  std::uint64_t offset() const;   // where the next line will be

 private:
  struct State;
  explicit RunLog(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct LogLine {
  std::uint64_t offset = 0;  // where it begins
  std::uint64_t gone = 0;    // bytes right before it that rotation removed, or that could not be written
  Time time;
  Tag tag = Tag::out;
  bool whole = true;      // a newline followed
  std::string_view text;  // valid until the next call of next()
};

// Where reading begins: at the start of what there is, at an offset, or with the last lines.
struct LogStart {
  std::optional<std::uint64_t> offset{};  // of a line's beginning, as LogLine and offset() tell it
  std::optional<std::size_t> last{};      // lines; those of both streams count
};

// Reads, from any process, also while the log is written and rotated. One thread.
class LogReader {
 public:
  // Code::not_found: there is no such log.
  static Result<LogReader> open(std::string path, LogStart start = {});

  LogReader(LogReader&&) noexcept;
  LogReader& operator=(LogReader&&) noexcept;
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;
  ~LogReader();

  // The next line; none at the end of what is written so far. Code::invalid: what stands here is no line of a
  // log; it is passed over, and the next call goes on behind it.
  Result<std::optional<LogLine>> next();

  // Where the next line begins: for a LogStart later, also after rotations.
  std::uint64_t offset() const;

  // What is missing before the line that is still to come: at the end of a finished log, of its end.
  std::uint64_t gone() const;

  // True if nobody writes the log any more.
  bool finished();

  // A descriptor that becomes readable (poll, epoll) when there is more, and when nobody writes any more;
  // ours, for the life of this. It falls silent when next() says that there is no more. To follow to the end:
  // call next() until there is no more; if finished(), once more so, and that was all; else wait for the
  // descriptor.
  Result<int> follow();

 private:
  struct State;
  explicit LogReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct Pruned {
  std::size_t logs = 0;
  std::uint64_t bytes = 0;
};

// The cap over all logs (`*.log` and what was rotated from them, in `folder` and below): removes whole logs,
// the longest unwritten first, until the rest is at most `total_bytes`. One that is being written (locked) is
// never touched, but counts.
Result<Pruned> prune_logs(const std::string& folder, std::uint64_t total_bytes);

}  // namespace bus::process
