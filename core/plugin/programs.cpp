#include "core/plugin/programs.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <utility>

#include "core/process/event_context.h"
#include "core/process/supervise.h"

namespace bus::plugin {
namespace {

constexpr std::size_t kReadAtOnce = 64u << 10;
constexpr microseconds kLeftoverGrace{2'000'000};
constexpr seconds kAfterKill{1};

// {their end, ours}; ours does not block.
Result<std::pair<UniqueFd, UniqueFd>> make_pipe(bool we_write) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
  UniqueFd out(ends[0]), in(ends[1]);
  UniqueFd ours = std::move(we_write ? in : out);
  if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) return system_error("cannot make a pipe", errno);
  return std::pair(std::move(we_write ? out : in), std::move(ours));
}

}  // namespace

struct Programs::Stream {
  bus_process_stream which = BUS_STDOUT;
  UniqueFd fd{};  // empty: at its end
  loop::Runner::WatchId watch = 0;
  LineSplitter splitter{BUS_PROCESS_LINE};
  bool reading = true;
  std::size_t left = 0;  // once the group is gone: bytes that are still to be read
};

struct Programs::One {
  One(Id id_, ProgramSpec spec_) : id(id_), spec(std::move(spec_)) {
    err.which = BUS_STDERR;
    for (Stream* stream : {&out, &err}) stream->splitter = LineSplitter(spec.line_bound);
  }

  const Id id;
  const ProgramSpec spec;
  bool forgotten = false;
  process::Child child;
  Stream out, err;
  loop::Runner::WatchId exit_watch = 0;

  UniqueFd in;  // empty: closed
  loop::Runner::WatchId in_watch = 0;
  std::string pending;  // not written yet
  bool close_behind = false, tell_drained = false;

  std::optional<process::Stopping> stopping;
  Mono kill_at = Mono::max();
  loop::Runner::TimerId timer = 0;
  bool asked = false;  // to stop, before it ended
};

Programs::Programs(loop::Runner& runner, process::Spawner& spawner, const Clock& clock,
                   std::function<void(std::string_view)> hit)
    : runner_(runner), spawner_(spawner), clock_(clock), hit_(std::move(hit)) {}

Programs::~Programs() = default;

Programs::One* Programs::find(Id id) const {
  const auto found = all_.find(id);
  return found == all_.end() || found->second->forgotten ? nullptr : found->second.get();
}

// Makes the pipes: ours into `one`, the program's into `theirs`.
Status Programs::connect(One& one, process::Program& program, std::vector<UniqueFd>& theirs) {
  const auto pipe_to = [&](bool we_write, UniqueFd& ours, int& fd) -> Status {
    auto made = make_pipe(we_write);
    if (!made) return std::move(made).error();
    ours = std::move(made->second);
    fd = theirs.emplace_back(std::move(made->first)).get();
    return Ok{};
  };
  if (one.spec.in) {
    program.in.kind = process::Input::Kind::fd;
    if (Status made = pipe_to(true, one.in, program.in.fd); !made) return made;
  }
  program.out.kind = process::Output::Kind::fd;
  if (Status made = pipe_to(false, one.out.fd, program.out.fd); !made) return made;
  program.err.kind = one.spec.err ? process::Output::Kind::fd : process::Output::Kind::null;
  return one.spec.err ? pipe_to(false, one.err.fd, program.err.fd) : Status(Ok{});
}

Status Programs::watch(One& one) {
  for (Stream* stream : {&one.out, &one.err}) {
    if (!stream->fd) continue;
    auto watch = runner_.watch(stream->fd.get(), EPOLLIN, "output",
                               [this, &one, stream](auto, auto) { read_some(one, *stream); });
    if (!watch) return std::move(watch).error();
    stream->watch = *watch;
  }
  if (one.in) {
    auto watch = runner_.watch(one.in.get(), 0, "input", [this, &one](auto, auto) { write_some(one); });
    if (!watch) return std::move(watch).error();
    one.in_watch = *watch;
  }
  auto watch = runner_.watch(one.child.pidfd.get(), EPOLLIN, "exit", [this, &one](auto, auto) { look(one); });
  if (!watch) return std::move(watch).error();
  one.exit_watch = *watch;
  return Ok{};
}

Result<Programs::Id> Programs::start(ProgramSpec spec) {
  if (all_.size() >= BUS_PROCESS_MAX) {
    hit_("programs");
    return error(Code::unavailable, "64 programs of this plugin run already");
  }
  auto one = std::make_unique<One>(last_ + 1, std::move(spec));
  process::Program program;
  program.path = one->spec.path;
  program.argv = one->spec.argv;
  program.env =
      process::merge_environment(process::event_environment(process::own_environment(), {}), one->spec.env);
  program.cwd = one->spec.cwd;
  std::vector<UniqueFd> theirs;
  if (Status made = connect(*one, program, theirs); !made) return std::move(made).error();
  auto child = spawner_.start(program);
  if (!child) return std::move(child).error();
  theirs.clear();
  one->child = std::move(*child);
  const Id id = ++last_;
  {
    MutexLock lock(mutex_);
    groups_[id] = one->child.pgid;
  }
  One& kept = *all_.emplace(id, std::move(one)).first->second;
  if (Status watched = watch(kept); !watched) {
    forget(id, microseconds(0));
    return std::move(watched).error();
  }
  return id;
}

void Programs::hand_over(One& one, Stream& stream, std::string_view bytes) {
  if (one.forgotten) return;
  std::vector<Line> lines;
  if (!one.spec.lines) {
    if (!bytes.empty()) lines.push_back({bytes});
  } else if (bytes.empty()) {
    stream.splitter.finish(lines);
  } else {
    stream.splitter.feed(bytes, lines);
  }
  for (const Line& line : lines) {
    if (line.cut) hit_("line");
  }
  if (!lines.empty()) one.spec.output(one.id, stream.which, lines);
}

void Programs::read_some(One& one, Stream& stream) {
  buffer_.resize(kReadAtOnce);
  const ssize_t n = ::read(stream.fd.get(), buffer_.data(), buffer_.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR) && !one.child.gone) return;
  if (n > 0) hand_over(one, stream, {buffer_.data(), static_cast<std::size_t>(n)});
  const auto got = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  if (one.child.gone) stream.left -= std::min(stream.left, got);
  if (n <= 0 || (one.child.gone && stream.left == 0)) end_stream(one, stream);
}

void Programs::end_stream(One& one, Stream& stream) {
  runner_.unwatch(stream.watch);
  stream.fd.reset();
  hand_over(one, stream, {});
  finish_if_done(one);
}

Status Programs::read(Id id, std::uint32_t streams) {
  One* one = find(id);
  if (one == nullptr) return error(Code::invalid, "no such program");
  for (Stream* stream : {&one->out, &one->err}) {
    stream->reading = (streams & stream->which) != 0;
    if (!stream->fd) continue;
    if (Status told = runner_.rewatch(stream->watch, stream->reading ? EPOLLIN : 0u); !told) return told;
  }
  return Ok{};
}

Status Programs::write(Id id, std::string_view bytes) {
  One* one = find(id);
  if (one == nullptr || !one->in || one->close_behind) return error(Code::invalid, "its stdin is closed");
  if (one->pending.size() + bytes.size() > BUS_PROCESS_MAX_STDIN) {
    one->tell_drained = true;
    hit_("stdin");
    return error(Code::unavailable, "the program does not read its stdin");
  }
  const bool idle = one->pending.empty();
  one->pending.append(bytes);
  if (idle) write_some(*one);
  return one->in || bytes.empty() ? Status(Ok{}) : Status(error(Code::invalid, "its stdin is closed"));
}

void Programs::write_some(One& one) {
  const ssize_t n = one.pending.empty() ? 0 : ::write(one.in.get(), one.pending.data(), one.pending.size());
  if (n < 0 && errno != EAGAIN && errno != EINTR) {  // nobody reads any more
    one.pending.clear();
    return close_in(one);
  }
  if (n > 0) one.pending.erase(0, static_cast<std::size_t>(n));
  (void)runner_.rewatch(one.in_watch, one.pending.empty() ? 0u : std::uint32_t{EPOLLOUT});
  if (!one.pending.empty()) return;
  if (one.close_behind) return close_in(one);
  if (std::exchange(one.tell_drained, false) && one.spec.drained && !one.forgotten) one.spec.drained(one.id);
}

void Programs::close_stdin(Id id) {
  One* one = find(id);
  if (one == nullptr || !one->in) return;
  one->close_behind = true;
  if (one->pending.empty()) close_in(*one);
}

void Programs::close_in(One& one) {
  runner_.unwatch(one.in_watch);
  one.in.reset();
}

void Programs::stop(Id id, microseconds grace) {
  One* one = find(id);
  if (one == nullptr || one->child.gone) return;
  one->asked = one->asked || !one->child.exit;
  const Mono now = clock_.monotonic();
  grace = std::clamp(grace, microseconds(0), microseconds(seconds(3600)));
  if (now + grace < one->kill_at) {
    one->kill_at = now + grace;
    one->stopping.emplace(spawner_, one->child, grace, now);
  }
  // Not from here: the caller may be one of the program's own callbacks.
  if (one->timer != 0) runner_.cancel(one->timer);
  one->timer = runner_.arm(now, microseconds(0), "stop", [this, one](auto) {
    one->timer = 0;
    look(*one);
  });
}

void Programs::forget(Id id, microseconds grace) {
  One* one = find(id);
  if (one == nullptr) return;
  stop(id, grace);
  one->forgotten = true;
  for (Stream* stream : {&one->out, &one->err}) {
    runner_.unwatch(stream->watch);
    stream->fd.reset();
  }
  close_in(*one);
}

pid_t Programs::pid(Id id) const {
  const One* one = find(id);
  return one == nullptr ? 0 : one->child.pid;
}

// Looks whether it has ended, and goes on with its stop.
void Programs::look(One& one) {
  const Mono now = clock_.monotonic();
  const auto ended = spawner_.reap(one.child);
  if (!ended || *ended) runner_.unwatch(one.exit_watch);
  if (!ended && !one.stopping) one.stopping.emplace(spawner_, one.child, microseconds(0), now);
  if (!one.stopping) {
    if (!*ended) return;
    if (one.child.gone) return group_gone(one);
    // It left others of its group behind.
    one.kill_at = now + kLeftoverGrace;
    one.stopping.emplace(spawner_, one.child, kLeftoverGrace, now);
  }
  if (one.stopping->step(now) == process::Stopping::Stage::gone) return group_gone(one);
  if (one.timer != 0) runner_.cancel(one.timer);
  one.timer = runner_.arm(one.stopping->next(now), microseconds(0), "stop", [this, &one](auto) {
    one.timer = 0;
    look(one);
  });
}

// Nobody writes any more but who has left the group, and is not followed: what is in the pipes now is the
// rest.
void Programs::group_gone(One& one) {
  one.child.gone = true;
  if (one.timer != 0) runner_.cancel(std::exchange(one.timer, 0));
  {
    MutexLock lock(mutex_);
    groups_.erase(one.id);
  }
  close_in(one);
  const Id id = one.id;
  for (Stream Programs::One::*which : {&One::out, &One::err}) {
    Stream& stream = one.*which;
    if (!stream.fd) continue;
    int waiting = 0;
    (void)::ioctl(stream.fd.get(), FIONREAD, &waiting);
    stream.left = static_cast<std::size_t>(std::max(waiting, 0));
    if (stream.left == 0) {
      end_stream(one, stream);
      if (all_.count(id) == 0) return;  // that was the end of it all
    }
  }
  finish_if_done(one);
}

bool Programs::finish_if_done(One& one) {
  if (!one.child.gone || one.out.fd || one.err.fd) return false;
  const auto found = all_.find(one.id);
  if (found == all_.end()) return true;
  const std::unique_ptr<One> last = std::move(found->second);
  all_.erase(found);
  if (!last->forgotten) last->spec.ended(last->id, {last->child.exit, last->asked});
  return true;
}

void Programs::stop_all(microseconds grace) {
  const Mono start = clock_.monotonic();
  for (auto& [id, one] : all_) {
    one->forgotten = true;
    one->in.reset(), one->out.fd.reset(), one->err.fd.reset();
    if (!one->child.gone && start + grace < one->kill_at)
      one->stopping.emplace(spawner_, one->child, grace, start);
  }
  const Mono give_up = start + grace + kAfterKill;
  for (;;) {
    const Mono now = clock_.monotonic();
    Mono next = give_up;
    std::vector<pollfd> ends;
    std::erase_if(all_, [&](auto& entry) {
      One& one = *entry.second;
      if (one.child.gone || one.stopping->step(now) == process::Stopping::Stage::gone) return true;
      next = std::min(next, one.stopping->next(now));
      if (!one.child.exit) ends.push_back({one.child.pidfd.get(), POLLIN, 0});
      return false;
    });
    if (all_.empty() || now >= give_up) break;
    const auto left = std::chrono::ceil<milliseconds>(next - now).count();
    (void)::poll(ends.data(), ends.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 10'000)));
  }
  all_.clear();
  MutexLock lock(mutex_);
  groups_.clear();
}

void Programs::kill_all() {
  MutexLock lock(mutex_);
  for (const auto& [id, group] : groups_) {
    process::Child child;
    child.pid = child.pgid = group;
    (void)spawner_.signal(child, SIGKILL);
  }
}

}  // namespace bus::plugin
