// The output of jobs: from their pipes to their lines and logs.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/process/jobs_state.h"

namespace bus::process {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{64} << 10;  // what a pipe holds
constexpr int kLargePipe = 256 << 10;

}  // namespace

// Makes the pipes; the program's ends into `theirs`.
Status Jobs::State::connect(One& one, std::vector<UniqueFd>& theirs) {
  if (one.spec.log_path.empty() && !one.spec.lines) return Ok{};
  for (const Tag tag : {Tag::out, Tag::err}) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
    one.streams[static_cast<std::size_t>(tag)].fd.reset(ends[0]);
    theirs.emplace_back(ends[1]);
    Output& output = tag == Tag::out ? one.spec.program.out : one.spec.program.err;
    output = {Output::Kind::fd, ends[1]};
  }
  return Ok{};
}

// What can wait until the program runs.
Status Jobs::State::attend(One& one) {
  if (!one.spec.log_path.empty()) {
    auto log = RunLog::open(one.spec.log_path, one.spec.log_bounds);
    if (log) {
      one.log.emplace(std::move(*log));
    } else {
      one.end.log_trouble = log.error().message;
    }
  }
  for (const Kind kind : {kOut, kErr}) {
    const int fd = one.streams[kind].fd.get();
    if (fd < 0) continue;
    if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return system_error("cannot read a program's output", errno);
    if (Status added = add(fd, one.id, kind); !added) return added;
  }
  return add(one.child.pidfd.get(), one.id, kExit);
}

void Jobs::State::read_some(One& one, Tag tag) {
  Stream& stream = one.streams[static_cast<std::size_t>(tag)];
  if (!stream.fd) return;
  buffer.resize(kReadAtOnce);
  const ssize_t got = ::read(stream.fd.get(), buffer.data(), buffer.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return stream.fd.reset();
  // It writes more than the pipe holds while we sleep. Refused where the user has too many large ones.
  if (static_cast<std::size_t>(got) == kReadAtOnce && !std::exchange(stream.large, true))
    (void)::fcntl(stream.fd.get(), F_SETPIPE_SZ, kLargePipe);
  take(one, tag, {buffer.data(), static_cast<std::size_t>(got)});
}

void Jobs::State::take(One& one, Tag tag, std::string_view bytes) {
  if (one.log) {
    Status kept = one.log->append(tag, clock.now(), bytes);
    if (!kept && one.end.log_trouble.empty()) one.end.log_trouble = std::move(kept).error().message;
  }
  if (!one.spec.lines) return;
  one.streams[static_cast<std::size_t>(tag)].cutter.feed(bytes, [&](std::string_view line, bool whole) {
    if (!silent) one.spec.lines(tag, line, whole);
  });
}

// What is in the pipes now, and no more: others may go on writing.
void Jobs::State::drain(One& one) {
  buffer.resize(kReadAtOnce);
  for (const Tag tag : {Tag::out, Tag::err}) {
    Stream& stream = one.streams[static_cast<std::size_t>(tag)];
    int waiting = 0;
    if (stream.fd) (void)::ioctl(stream.fd.get(), FIONREAD, &waiting);
    for (auto left = static_cast<std::size_t>(std::max(waiting, 0)); left != 0;) {
      const ssize_t got = ::read(stream.fd.get(), buffer.data(), std::min(left, buffer.size()));
      if (got <= 0) break;
      left -= static_cast<std::size_t>(got);
      take(one, tag, {buffer.data(), static_cast<std::size_t>(got)});
    }
    stream.fd.reset();
    stream.cutter.finish([&](std::string_view line, bool whole) {
      if (one.spec.lines && !silent) one.spec.lines(tag, line, whole);
    });
  }
}

void Jobs::State::close_log(One& one) {
  if (!one.log) return;
  Status closed = one.log->close(clock.now());
  std::string& trouble = one.end.log_trouble;
  if (!closed && trouble.empty()) trouble = std::move(closed).error().message;
  if (const std::uint64_t dropped = one.log->dropped(); dropped != 0)
    trouble = std::to_string(dropped) + " bytes could not be written: " + trouble;
}

}  // namespace bus::process
