// Output: our stdout. Buffered; a reader that went away, or a full disk, is remembered and not fatal on the
// spot.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace bus::cli {

// One thread. REQUIRES: SIGPIPE is ignored.
class Output {
 public:
  explicit Output(int fd = 1) : fd_(fd) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { flush(); }

  void write(std::string_view text);
  void line(std::string_view text);
  // Line and flush: for streams, whose reader wants each line at once.
  void line_now(std::string_view text);
  void flush();

  bool pipe_closed() const { return failure_ == EPIPE; }
  bool failed() const { return failure_ != 0; }
  // What went wrong with the writing, if anything did.
  Status status() const;

  // Whether escape sequences are welcome: a terminal, and neither NO_COLOR nor TERM=dumb.
  static bool colour(int fd);

 private:
  int fd_;
  int failure_ = 0;
  std::string buffer_;
};

// Talk goes to stderr, unbuffered. `text` is ours; what comes from outside must be printable() already.
void say_error(std::string_view text);
// "bus: message" and, indented, further lines of it and the hint. Cleans what comes from outside.
void tell(const Error& why);

}  // namespace bus::cli
