#include "core/cli/output.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "core/base/file.h"
#include "core/base/text.h"

namespace bus::cli {
namespace {

constexpr std::size_t kBuffer = 64u << 10;

}  // namespace

void Output::write(std::string_view text) {
  if (failed()) return;
  buffer_ += text;
  if (buffer_.size() >= kBuffer) flush();
}

void Output::line(std::string_view text) {
  write(text);
  write("\n");
}

void Output::line_now(std::string_view text) {
  line(text);
  flush();
}

void Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !failed()) {
    const ssize_t n = ::write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      failure_ = errno;
    } else {
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  buffer_.clear();
}

Status Output::status() const {
  if (!failed()) return Ok{};
  Error why = system_error("cannot write to stdout", failure_);
  why.code = Code::fault;
  return why;
}

bool Output::colour(int fd) {
  const char* no = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (no != nullptr && *no != '\0') return false;
  if (term != nullptr && std::string_view(term) == "dumb") return false;
  return ::isatty(fd) == 1;
}

void say_error(std::string_view text) {
  const Status ignored = write_all(2, std::string(text) + "\n");
  (void)ignored;  // there is nobody left to tell
}

void tell(const Error& why) {
  std::string text = "bus: ";
  bool first = true;
  // A configuration tells all its problems at once, one a line.
  for (const std::string_view line : split(why.message, '\n')) {
    text += (std::exchange(first, false) ? "" : "\n  ") + printable(line);
  }
  for (const std::string_view line : split(why.hint, '\n')) {
    if (!line.empty()) text += "\n  " + printable_lines(line);
  }
  say_error(text);
}

}  // namespace bus::cli
