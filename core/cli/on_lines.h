// OnLines: what several programs write, on our stdout and stderr, whole line by whole line, each with a
// label.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/cli/output.h"
#include "core/process/run_log.h"

namespace bus::cli {

// One thread.
class OnLines {
 public:
  // `out` must outlive this.
  OnLines(Output& out, bool coloured_out, bool coloured_err)
      : out_{out, coloured_out}, err_output_(2), err_{err_output_, coloured_err} {}

  // A line of a run, or a part of one that goes on with the next call (`whole` as in process::LogLine).
  void line(process::Tag tag, std::uint64_t run, std::string_view label, std::string_view text, bool whole);
  // The run has ended: a line that it left open is closed.
  void ended(std::uint64_t run);
  // Nothing is held back afterwards.
  void flush();
  // Nobody reads us any more.
  bool failed() const { return out_.to.failed() || err_.to.failed(); }

 private:
  struct Stream {
    Output& to;
    bool coloured;
    std::uint64_t open = 0;  // the run whose line is not complete
  };
  static void close(Stream& stream);

  Stream out_;
  Output err_output_;
  Stream err_;
};

}  // namespace bus::cli
