#include "core/plugin/isolated_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <utility>

#include "core/base/text.h"
#include "core/process/supervise.h"

namespace bus::plugin {
namespace {

constexpr int kFramesATurn = 256;
constexpr std::size_t kLine = 1024;
constexpr std::size_t kLastWords = 400;
constexpr milliseconds kReapPatience{10'000};
constexpr int kServedAtMost = 10;  // times its patience, for a call that asks and asks

Mono now() {
  return std::chrono::steady_clock::now();
}

// What the child sees of our environment: how to write dates and words, and nothing of the user's.
std::vector<std::string> clean_environment() {
  std::vector<std::string> out{"PATH=/usr/local/bin:/usr/bin:/bin", "MALLOC_ARENA_MAX=2"};
  for (const char* name : {"LANG", "LC_ALL", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) out.push_back(std::string(name) + "=" + value);
  }
  return out;
}

ChildEnd::Kind kind_of(const process::Exit& exit) {
  if (exit.signal == SIGALRM) return ChildEnd::Kind::hang;
  if (exit.signal != 0) return ChildEnd::Kind::crash;
  if (exit.code == kChildOutOfMemory) return ChildEnd::Kind::memory;
  return exit.code == kChildProtocol ? ChildEnd::Kind::garbage : ChildEnd::Kind::exit;
}

std::string text_of(ChildEnd::Kind kind, const process::Exit& exit, const std::string& what) {
  const std::string where = what.empty() ? std::string() : " in " + what;
  switch (kind) {
    case ChildEnd::Kind::hang:
      return "did not come back from a timer or descriptor of its own in time and was ended";
    case ChildEnd::Kind::memory:
      return "used more memory than it may" + where;
    case ChildEnd::Kind::garbage:
      return "did not understand the host" + where;
    case ChildEnd::Kind::exit:
      return "ended itself" + where + " (" + exit.text() + ")";
    default:
      return "crashed" + where + " (" + exit.text() + ")";
  }
}

Error no_more(const ChildEnd& end) {
  return error(Code::unavailable, "its process " + end.text);
}

}  // namespace

std::string_view name(ChildEnd::Kind kind) {
  constexpr std::string_view kNames[] = {"crash", "exit", "hang", "flood", "memory", "garbage", "stopped"};
  return kNames[static_cast<std::size_t>(kind)];
}

Hurry::Hurry()
    : until_(std::numeric_limits<std::int64_t>::max()), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Hurry::by(Mono deadline) {
  const std::int64_t wanted = deadline.time_since_epoch().count();
  std::int64_t before = until_.load();
  while (wanted < before && !until_.compare_exchange_weak(before, wanted)) {
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(process::Spawner& spawner,
                                                          const std::string& program, int library,
                                                          const Hurry& hurry, Heard heard) {
  int sockets[2], pipes[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    return system_error("socketpair", errno);
  UniqueFd ours(sockets[0]), theirs(sockets[1]);
  if (::pipe2(pipes, O_CLOEXEC) != 0) return system_error("pipe", errno);
  UniqueFd words(pipes[0]), stderr_end(pipes[1]);
  ::fcntl(words.get(), F_SETFL, O_NONBLOCK);
  process::Program start;
  start.path = program;
  start.argv = {"bus", "plugin-host"};
  start.env = clean_environment();
  start.cwd = "/";
  start.out.kind = process::Output::Kind::null;
  start.err = {process::Output::Kind::fd, stderr_end.get()};
  start.keep = {{theirs.get(), kChildSocket}, {library, kChildLibrary}};
  auto child = spawner.start(start);
  if (!child) return std::move(child).error().in("starting a process for the plugin");
  std::unique_ptr<ChildProcess> made(new ChildProcess(spawner, hurry, std::move(heard)));
  made->child_ = std::move(*child);
  made->link_ = std::make_shared<Link>(std::move(ours), Link::Side::host);
  made->words_ = std::move(words);
  return made;
}

ChildProcess::~ChildProcess() {
  kill();
  if (!end_) finish(ChildEnd::Kind::stopped, "was stopped");
}

void ChildProcess::kill() {
  MutexLock lock(mutex_);
  if (!reaped_) (void)!spawner_.signal(child_, SIGKILL).ok();
}

void ChildProcess::reap() {
  // SIGKILL was sent, or it has closed its socket by dying.
  auto exit = process::wait_for(spawner_, child_, milliseconds(500));
  if (!exit || !*exit) {
    kill();
    exit = process::wait_for(spawner_, child_, kReapPatience);
  }
  MutexLock lock(mutex_);
  reaped_ = true;
}

std::string ChildProcess::last_words() {
  listen();
  if (!line_.empty()) last_.append(last_.empty() ? "" : " ").append(line_);
  return printable(to_utf8(cut_utf8(last_, kLastWords)));
}

Error ChildProcess::broken(const Error& why) {
  if (why.code == Code::invalid)
    return finish(ChildEnd::Kind::garbage, "sent garbage (" + why.message + ") and was ended");
  if (why.code == Code::limit)
    return finish(ChildEnd::Kind::flood, "asked for more than it reads and was ended");
  return finish(std::nullopt, {});
}

Error ChildProcess::finish(std::optional<ChildEnd::Kind> ours, const std::string& why) {
  if (end_) return no_more(*end_);
  if (ours) kill();
  reap();
  ChildEnd end;
  const process::Exit exit = child_.exit.value_or(process::Exit{});
  end.kind = ours ? *ours : kind_of(exit);
  end.text = ours ? why : text_of(end.kind, exit, what_);
  if (const std::string words = last_words(); !words.empty() && !ours) end.text += ": " + words;
  end_ = std::move(end);
  return no_more(*end_);
}

Result<bool> ChildProcess::take(const Received& received, std::uint64_t number, const Serve& serve) {
  if (received.frame == Frame::result) {
    if (number != 0 && received.number == number) return true;
    return finish(ChildEnd::Kind::garbage, "answered a call that nobody made, and was ended");
  }
  if (Status served = serve(received); !served) {
    const bool flood = served.error().code == Code::limit;
    return finish(flood ? ChildEnd::Kind::flood : ChildEnd::Kind::garbage,
                  (flood ? "flooded the host (" : "said what makes no sense (") + served.error().message +
                      ") and was ended");
  }
  return false;
}

// Waits until something has come, or could be sent.
Status ChildProcess::await_more(Mono deadline) {
  const Mono until = std::min(deadline, hurry_.deadline());
  const auto left = std::chrono::ceil<milliseconds>(until - now());
  if (left.count() <= 0) {
    const std::string where = what_.empty() ? "a call" : what_;
    return finish(ChildEnd::Kind::hang, "did not come back from " + where + " in time and was ended");
  }
  const bool hurried = hurry_.deadline() != Mono(nanoseconds(std::numeric_limits<std::int64_t>::max()));
  pollfd fds[3] = {{link_->fd(), static_cast<short>(POLLIN | (link_->has_unsent() ? POLLOUT : 0)), 0},
                   {words(), POLLIN, 0},
                   {hurried ? -1 : hurry_.fd(), POLLIN, 0}};
  (void)!::poll(fds, 3, static_cast<int>(std::min<std::int64_t>(left.count(), 3'600'000)));
  if (fds[1].revents != 0) listen();
  if ((fds[0].revents & POLLOUT) != 0) {
    if (auto flushed = link_->flush(); !flushed) return finish(std::nullopt, {});
  }
  return Ok{};
}

Result<std::string_view> ChildProcess::call(Frame frame, std::string_view body, milliseconds longest,
                                            std::string_view what, const Serve& serve) {
  if (end_) return no_more(*end_);
  const std::uint64_t number = ++calls_;
  what_ = what;
  if (Status sent = link_->send(frame, number, body); !sent) {
    if (sent.error().code == Code::invalid) return std::move(sent).error();
    return broken(sent.error());
  }
  Mono deadline = now() + longest;
  const Mono latest = now() + kServedAtMost * longest;
  for (;;) {
    Received received;
    const auto got = link_->receive(received);
    if (!got) return broken(got.error());
    if (!*got) {
      if (Status more = await_more(deadline); !more) return std::move(more).error();
      continue;
    }
    const Mono before = now();
    const auto answered = take(received, number, serve);
    if (!answered) return answered.error();
    if (*answered) {
      what_.clear();
      return received.body;
    }
    deadline = std::min(deadline + (now() - before), latest);  // what the host takes is not the plugin's
    if (before > std::min(deadline, hurry_.deadline())) {
      if (Status late = await_more(before); !late) return std::move(late).error();
    }
  }
}

Result<bool> ChildProcess::turn(const Serve& serve) {
  if (end_) return no_more(*end_);
  bool more = true;
  for (int i = 0; i < kFramesATurn && more; ++i) {
    Received received;
    const auto got = link_->receive(received);
    if (!got) return broken(got.error());
    more = *got;
    if (!more) break;
    if (const auto taken = take(received, 0, serve); !taken) return taken.error();
  }
  if (const auto flushed = link_->flush(); !flushed) return finish(std::nullopt, {});
  return more;
}

void ChildProcess::listen() {
  std::array<char, 4096> buffer;
  for (int i = 0; i < 16 && !deaf_; ++i) {
    const ssize_t n = ::read(words_.get(), buffer.data(), buffer.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
      deaf_ = true;
      return;
    }
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(n))) {
      if (c != '\n') {
        if (line_.size() < kLine) line_ += c;
        continue;
      }
      if (line_.empty()) continue;
      heard_(line_);
      // The latest two lines: a C++ program says what it threw on the last.
      const auto before = last_.rfind('\n');
      if (before != std::string::npos) last_.erase(0, before + 1);
      last_.append(last_.empty() ? "" : "\n").append(line_);
      line_.clear();
    }
  }
}

}  // namespace bus::plugin
