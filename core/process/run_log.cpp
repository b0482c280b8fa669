#include "core/process/run_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "core/base/file.h"
#include "core/process/line_cutter.h"
#include "core/process/log_line.h"

namespace bus::process {
namespace {

constexpr std::array<std::string_view, 2> kStreams = {"stdout", "stderr"};
constexpr std::size_t kFlushAt = std::size_t{128} << 10;
constexpr std::uint64_t kSmallestFile = 2 * kLongestPrefix;
constexpr int kTries = 8;

UniqueFd create(const std::string& path) {
  return UniqueFd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
}

// Removes a log that nobody writes. Code::conflict if somebody does.
Status remove_old(const std::string& path) {
  const UniqueFd old(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!old && errno != ENOENT) return system_error(path, errno);
  if (old && !lock_log(old.get())) return error(Code::conflict, path + " is being written by somebody else");
  for (int number = 1; ::unlink(rotated_name(path, number).c_str()) == 0; ++number) {
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(path, errno);
  return Ok{};
}

}  // namespace

struct RunLog::State {
  std::string path;
  LogBounds bounds;
  UniqueFd fd;
  std::array<LineCutter, 2> cutters;
  std::string waiting;            // whole lines, not written yet
  std::uint64_t waiting_own = 0;  // bytes of the program's in them
  std::uint64_t size = 0;         // of the file, up to the last whole line
  std::uint64_t base = 0;         // the log's offset of the file's first line
  std::uint64_t header = 0;
  std::uint64_t lost = 0, dropped = 0;  // lost: not told in the log yet
  std::optional<Error> failure{};       // the first of this call

  void add(Tag tag, Time time, std::string_view text, bool whole);
  bool add_line(Time time, std::string_view stream, std::string_view text, bool whole);
  bool tell_lost(Time time);
  bool write();
  Status rotate(Time time);
};

void RunLog::State::add(Tag tag, Time time, std::string_view text, bool whole) {
  const std::uint64_t own = text.size() + (whole ? 1 : 0);
  const bool room = lost == 0 || !waiting.empty() || tell_lost(time);
  if (!room || !add_line(time, kStreams[static_cast<std::size_t>(tag)], text, whole)) {
    lost += own;
    dropped += own;
    return;
  }
  waiting_own += own;
  if (waiting.size() >= kFlushAt) write();
}

// True if the log says now how much it has lost.
bool RunLog::State::tell_lost(Time time) {
  if (!add_line(time, kRemark, std::string(kLost) + std::to_string(lost), true) || !write()) return false;
  lost = 0;
  return true;
}

// False if the file is full and cannot be put aside.
bool RunLog::State::add_line(Time time, std::string_view stream, std::string_view text, bool whole) {
  const auto full = [&] {
    return size + waiting.size() > header &&
           size + waiting.size() + text.size() + kLongestPrefix > bounds.bytes;
  };
  if (full()) {
    write();
    if (Status put_aside = full() ? rotate(time) : Ok{}; !put_aside) {
      if (!failure) failure = std::move(put_aside).error();
      return false;
    }
  }
  append_log_line(waiting, time, stream, whole, text);
  return true;
}

// Writes all that waits, or nothing of it: half a line would spoil what comes after.
bool RunLog::State::write() {
  if (waiting.empty()) return true;
  Status written = write_all(fd.get(), waiting);
  const bool all = written.ok();
  if (all) {
    size += waiting.size();
  } else {
    if (!failure) failure = std::move(written).error().in(path);
    (void)::ftruncate(fd.get(), static_cast<off_t>(size));
    lost += waiting_own;
    dropped += waiting_own;
  }
  waiting.clear();
  waiting_own = 0;
  return all;
}

// The path is there all the time, for those who read.
Status RunLog::State::rotate(Time time) {
  const std::string next = path + ".new";
  ::unlink(next.c_str());
  UniqueFd fresh = create(next);
  if (!fresh) return system_error(next, errno);
  const std::uint64_t start = base + size - header;
  std::string first;
  append_log_line(first, time, kRemark, true, std::string(kBase) + std::to_string(start));
  Status begun = lock_log(fresh.get()) ? write_all(fresh.get(), first) : system_error(next, EAGAIN);
  if (!begun) {
    ::unlink(next.c_str());
    return begun;
  }
  for (int number = bounds.files - 1; number >= 1; --number) {
    const std::string to = rotated_name(path, number);
    if (number > 1) {
      (void)::rename(rotated_name(path, number - 1).c_str(), to.c_str());
    } else {
      ::unlink(to.c_str());
      (void)::link(path.c_str(), to.c_str());
    }
  }
  if (::rename(next.c_str(), path.c_str()) != 0) return system_error(path, errno);
  fd = std::move(fresh);
  base = start;
  size = header = first.size();
  return Ok{};
}

RunLog::RunLog(std::unique_ptr<State> state) : state_(std::move(state)) {}
RunLog::RunLog(RunLog&&) noexcept = default;

RunLog& RunLog::operator=(RunLog&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

RunLog::~RunLog() {
  if (state_ && state_->fd) (void)close(system_clock().now());
}

Result<RunLog> RunLog::open(std::string path, LogBounds bounds) {
  auto state = std::make_unique<State>();
  state->bounds = {std::max(bounds.bytes, kSmallestFile), std::max(bounds.files, 1)};
  for (int tries = 0; tries < kTries; ++tries) {
    state->fd = create(path);
    const int failure = state->fd ? 0 : errno;
    if (failure == 0 && lock_log(state->fd.get())) {
      state->path = std::move(path);
      return RunLog(std::move(state));
    }
    if (failure == ENOENT) {
      if (Status made = make_private_folder(std::filesystem::path(path).parent_path()); !made)
        return std::move(made).error();
    } else if (failure == EEXIST) {
      if (Status removed = remove_old(path); !removed) return std::move(removed).error();
    } else if (failure != 0) {
      return system_error(path, failure);
    }
  }
  return error(Code::conflict, path + " is being written by somebody else");
}

Status RunLog::append(Tag tag, Time time, std::string_view bytes) {
  State& state = *state_;
  if (!state.fd) return error(Code::invalid, "the log is closed");
  state.failure.reset();
  state.cutters[static_cast<std::size_t>(tag)].feed(
      bytes, [&](std::string_view text, bool whole) { state.add(tag, time, text, whole); });
  state.write();
  return state.failure ? Status(*state.failure) : Status(Ok{});
}

Status RunLog::close(Time time) {
  State& state = *state_;
  if (!state.fd) return Ok{};
  state.failure.reset();
  for (const Tag tag : {Tag::out, Tag::err}) {
    state.cutters[static_cast<std::size_t>(tag)].finish(
        [&](std::string_view text, bool whole) { state.add(tag, time, text, whole); });
  }
  state.write();
  if (state.lost != 0) state.tell_lost(time);
  unlock_log(state.fd.get());  // before those who follow are woken by the closing
  state.fd.reset();
  return state.failure ? Status(*state.failure) : Status(Ok{});
}

std::uint64_t RunLog::dropped() const {
  return state_->dropped;
}

std::uint64_t RunLog::offset() const {
  return state_->base + state_->size - state_->header;
}

}  // namespace bus::process
