#include "core/cli/wait_ci_view.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/base/time_text.h"

namespace bus::cli {
namespace {

constexpr std::size_t kWord = 18, kKind = 6, kMostRows = 20;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string line_of(const CiCheck& check) {
  std::string line = check.part == CiPart::detail ? "    " : "  ";
  line += padded(printable(check.word()), kWord) + "  " + padded(check.kind, kKind) + "  " +
          printable(check.name);
  if (check.attempt > 1) line += "  #" + std::to_string(check.attempt);
  if (check.finished() && check.started && check.ended && *check.ended >= *check.started) {
    const auto took = std::chrono::duration_cast<seconds>(*check.ended - *check.started);
    line += "  " + format_duration(took);
  }
  if (check.bad() && !check.url.empty()) line += "  " + printable(check.url);
  return line;
}

bool can_rewrite(int fd) {
  const char* terminal = std::getenv("TERM");
  return ::isatty(fd) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

struct Size {
  std::size_t rows = 24, columns = 80;
};

Size size_of_terminal(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {size.ws_row, size.ws_col};
}

}  // namespace

std::vector<std::string> ci_table(const CiChecks& checks, std::size_t width) {
  std::vector<std::string> lines = {printable(checks.headline())};
  for (const CiCheck* check : checks.shown()) lines.push_back(line_of(*check));
  if (width != 0) {
    for (std::string& line : lines) line = cut_utf8(line, width);
  }
  return lines;
}

Progress::Progress(bool wanted) : live_(wanted && can_rewrite(STDERR_FILENO)) {}

void Progress::show(const CiChecks& checks) {
  if (!live_) return;
  const Size size = size_of_terminal(STDERR_FILENO);
  std::vector<std::string> lines = ci_table(checks, size.columns - 1);
  const std::size_t most = std::min(kMostRows, std::max<std::size_t>(size.rows, 3) - 2);
  if (lines.size() > most) {
    const std::string more = "  and " + std::to_string(lines.size() - most + 1) + " more";
    lines.resize(most - 1);
    lines.push_back(more);
  }
  if (lines == shown_) return;
  clear();
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  (void)write_all(STDERR_FILENO, text);  // talk that cannot be said is not missed
  shown_ = std::move(lines);
}

void Progress::clear() {
  if (shown_.empty()) return;
  // Up by that many lines, and everything below goes.
  (void)write_all(STDERR_FILENO, "\x1b[" + std::to_string(shown_.size()) + "A\r\x1b[J");
  shown_.clear();
}

}  // namespace bus::cli
