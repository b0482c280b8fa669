#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <utility>

#include "core/process/log_line.h"
#include "core/process/run_log.h"

namespace bus::process {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{128} << 10;                 // more than the longest line
constexpr std::uint32_t kChanges = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE;  // IN_ATTRIB: rotated or removed

// For the lock of a log whose writer has closed it.
constexpr microseconds kLockPatience = seconds(5);
constexpr microseconds kFirstLockPause = milliseconds(1), kLongestLockPause = milliseconds(50);

// One file of a log.
struct Piece {
  UniqueFd fd{};
  LogBase base{};
};

// The file in which the log's `offset` is, or if it is gone, the oldest after it. Looked for from the newest,
// for they only grow older while we look.
Result<Piece> piece_at(const std::string& path, std::uint64_t offset) {
  Piece best;
  for (int number = 0;; ++number) {
    UniqueFd fd(::open(rotated_name(path, number).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd && number == 0) return system_error(path, errno);
    if (!fd) return best;
    const LogBase base = read_base(fd.get());
    best = {std::move(fd), base};
    if (base.offset <= offset) return best;
  }
}

bool same_file(int fd, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

}  // namespace

struct LogReader::State {
  std::string path;
  Piece piece;
  std::uint64_t at = 0;    // in the file, where the next line begins
  std::uint64_t gone = 0;  // before it
  std::string buffer;
  std::size_t used = 0;  // of `buffer`; what follows is at `at`
  UniqueFd changes;      // inotify; empty: nobody follows
  int watch = -1;
  bool closing = false;  // somebody who wrote has closed the file

  std::uint64_t offset() const { return piece.base.offset + at - piece.base.header; }
  Status go_to(std::uint64_t wanted);
  Status watch_piece();
  void forget_changes();
  bool fill();
  Result<bool> go_on();
  std::optional<std::string_view> take();
};

Status LogReader::State::go_to(std::uint64_t wanted) {
  auto found = piece_at(path, wanted);
  if (!found) return std::move(found).error();
  piece = std::move(*found);
  closing = false;
  buffer.clear();
  used = 0;
  at = piece.base.header;
  if (wanted >= piece.base.offset) {
    at += wanted - piece.base.offset;
  } else {
    gone += piece.base.offset - wanted;
  }
  return changes ? watch_piece() : Status(Ok{});
}

Status LogReader::State::watch_piece() {
  if (watch >= 0) ::inotify_rm_watch(changes.get(), watch);
  const std::string file =
      "/proc/self/fd/" + std::to_string(piece.fd.get());  // the file, not who has its name
  watch = ::inotify_add_watch(changes.get(), file.c_str(), kChanges);
  return watch >= 0 ? Status(Ok{}) : Status(system_error("cannot follow " + path, errno));
}

void LogReader::State::forget_changes() {
  alignas(inotify_event) std::array<char, 4096> events{};
  for (ssize_t got = 0; (got = ::read(changes.get(), events.data(), events.size())) > 0;) {
    inotify_event event{};
    for (std::size_t i = 0; i + sizeof event <= static_cast<std::size_t>(got);
         i += sizeof event + event.len) {
      std::memcpy(&event, events.data() + i, sizeof event);
      closing = closing || (event.wd == watch && (event.mask & IN_CLOSE_WRITE) != 0);
    }
  }
}

// Reads on from `at`, also what was read before: the writer takes back half a line that did not fit.
bool LogReader::State::fill() {
  buffer.resize(kReadAtOnce);
  used = 0;
  const ssize_t got = ::pread(piece.fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(at));
  buffer.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return buffer.find('\n') != std::string::npos || buffer.size() == kReadAtOnce;
}

// The next line of the buffer, or as much as there can be of one.
std::optional<std::string_view> LogReader::State::take() {
  const std::string_view rest = std::string_view(buffer).substr(used);
  const auto newline = rest.find('\n');
  if (newline == std::string_view::npos && rest.size() < kReadAtOnce) return std::nullopt;
  const std::string_view line = rest.substr(0, newline);
  const std::size_t taken = line.size() + (newline != std::string_view::npos ? 1 : 0);
  used += taken;
  at += taken;
  return line;
}

// At the end of a file: goes on in the one that followed it. False if it is the newest.
Result<bool> LogReader::State::go_on() {
  if (same_file(piece.fd.get(), path)) return false;
  if (fill()) return true;  // written before it was put aside, and after we looked
  Status moved = go_to(offset());
  if (moved) return true;
  if (moved.error().code == Code::not_found) return false;  // removed
  return std::move(moved).error();
}

LogReader::LogReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;
LogReader::~LogReader() = default;

Result<LogReader> LogReader::open(std::string path, LogStart start) {
  auto state = std::make_unique<State>();
  state->path = std::move(path);
  if (Status opened = state->go_to(start.offset.value_or(0)); !opened) return std::move(opened).error();
  LogReader reader(std::move(state));
  if (!start.last) return reader;
  // Lines that are whole at some time, and where they begin. A log is small enough to be read through.
  std::deque<std::uint64_t> begins;
  std::array<bool, 2> inside{};
  for (;;) {
    const auto line = reader.next();
    if (line && !*line) break;
    if (!line) continue;
    bool& within = inside[static_cast<std::size_t>((**line).tag)];
    if (!within) begins.push_back((**line).offset);
    if (begins.size() > *start.last) begins.pop_front();
    within = !(**line).whole;
  }
  const std::uint64_t from = begins.empty() ? reader.offset() : begins.front();
  if (Status moved = reader.state_->go_to(from); !moved) return std::move(moved).error();
  reader.state_->gone = 0;
  return reader;
}

Result<std::optional<LogLine>> LogReader::next() {
  State& state = *state_;
  for (bool looked = false;;) {
    const std::uint64_t begin = state.offset();
    if (const auto line = state.take()) {
      const auto parsed = parse_log_line(*line);
      const auto lost =
          parsed && parsed->stream == kRemark ? remark_number(parsed->text, kLost) : std::nullopt;
      if (lost) {
        state.gone += *lost;
        continue;
      }
      if (!parsed || (parsed->stream != "stdout" && parsed->stream != "stderr"))
        return error(Code::invalid, "no line of a log at " + std::to_string(begin) + " of " + state.path);
      LogLine found{.offset = begin,
                    .gone = std::exchange(state.gone, 0),
                    .time = parsed->time,
                    .tag = parsed->stream == "stdout" ? Tag::out : Tag::err,
                    .whole = parsed->whole,
                    .text = parsed->text};
      return std::optional(found);
    }
    if (state.fill()) continue;
    auto more = state.go_on();
    if (!more) return std::move(more).error();
    if (*more) continue;
    if (!state.changes || looked) return std::optional<LogLine>();
    state.forget_changes();  // and look once more, for what came in between
    looked = true;
  }
}

std::uint64_t LogReader::offset() const {
  return state_->offset();
}

std::uint64_t LogReader::gone() const {
  return state_->gone;
}

bool LogReader::finished() {
  // Where a writer was killed the kernel tells of the closing a moment before it gives up the lock; and a
  // program that the writer was starting has the lock, too, until it is executed.
  const Mono until =
      system_clock().monotonic() + (std::exchange(state_->closing, false) ? kLockPatience : microseconds(0));
  for (microseconds pause = kFirstLockPause;; pause = std::min(pause * 2, kLongestLockPause)) {
    const UniqueFd now(::open(state_->path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!now) return true;
    if (log_locked(now.get())) {
      if (system_clock().monotonic() >= until) return false;
      ::usleep(static_cast<useconds_t>(pause.count()));
    } else if (same_file(now.get(), state_->path)) {
      return true;  // and was not put aside meanwhile
    }
  }
}

Result<int> LogReader::follow() {
  State& state = *state_;
  if (state.changes) return state.changes.get();
  state.changes.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!state.changes) return system_error("cannot follow " + state.path, errno);
  if (Status watched = state.watch_piece(); !watched) return std::move(watched).error();
  return state.changes.get();
}

}  // namespace bus::process
