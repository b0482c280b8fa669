#include "core/cli/on_loop.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "core/cli/following.h"
#include "core/loop/runner.h"

namespace bus::cli {
namespace {

constexpr int kAtOnce = 64;  // events between two looks at the programs
constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{1'000};
constexpr seconds kLastWord{5};  // for the host to take the place, at the end

std::optional<Mono> sooner(std::optional<Mono> a, std::optional<Mono> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

class Loop {
 public:
  Loop(Session& session, OnFeed& feed, const OnPlan& plan, const Signals& signals, OnTasks* tasks)
      : session_(session),
        feed_(feed),
        signals_(signals),
        runner_("on", system_clock()),
        programs_(session, runner_, process::system_spawner(), plan, tasks) {}

  Result<int> run(std::string_view idle) {
    auto watched = runner_.watch(signals_.fd(), EPOLLIN, "signals", [this](auto, auto) { hear_signals(); });
    if (!watched) return std::move(watched).error();
    for (;;) {
      runner_.step();
      programs_.look();
      const bool more = read();
      note_done();
      if (programs_.over()) break;
      if (more || (programs_.takes_more() && feed_.has_item())) continue;
      programs_.look_at_time();
      if (programs_.over()) break;
      if (Status listening = listen(); !listening) return std::move(listening).error();
      runner_.wait(sooner(programs_.deadline(), wake_));
    }
    say_last_place();
    say_last_word();
    if (programs_.timed_out()) session_.remark("bus: " + std::string(idle));
    return programs_.outcome();
  }

 private:
  void hear_signals() {
    while (const int signal = signals_.next()) programs_.interrupted(signal);
  }

  // True if there may be more to read at once.
  bool read() {
    wake_.reset();
    for (int i = 0; i < kAtOnce; ++i) {
      if (!programs_.takes_more()) return false;
      if (!due()) return false;
      read_now_ = false;
      auto item = feed_.next();
      heard_ = true;
      if (!item && item.error().code == Code::stopping) return true;
      if (!item) {
        programs_.fail(std::move(item).error());
        return false;
      }
      if (!*item && feed_.has_item()) continue;
      if (!*item) return wait_for_host();
      pause_ = kFirstPause;
      if ((*item)->kind != client::Item::Kind::event) tell_of(session_, **item);
      if (Status taken = programs_.take(**item); !taken) programs_.fail(std::move(taken).error());
    }
    return true;
  }

  bool due() {
    const Mono now = system_clock().monotonic();
    const auto feed_due = feed_.due();
    if (feed_.has_item() || read_now_ || (feed_due && *feed_due <= now)) return true;
    if (feed_.fd() < 0 && try_at_ <= now) return true;
    wake_ = sooner(feed_due, feed_.fd() < 0 ? std::optional(try_at_) : std::nullopt);
    return false;
  }

  // Nothing was there; false, and when to look again.
  bool wait_for_host() {
    wake_ = feed_.due();
    if (feed_.fd() >= 0) return false;
    try_at_ = system_clock().monotonic() + pause_;
    pause_ = std::min(pause_ * 2, kLongestPause);
    wake_ = sooner(wake_, try_at_);
    return false;
  }

  // Watches the feed while something is wanted of it. Its descriptor may be another one after each next(),
  // even if the number is the same.
  Status listen() {
    const int fd = programs_.takes_more() ? feed_.fd() : -1;
    if (!heard_ && fd == watched_) return Ok{};
    if (watch_ != 0) runner_.unwatch(std::exchange(watch_, 0));
    watched_ = fd;
    heard_ = false;
    if (fd < 0) return Ok{};
    auto watch = runner_.watch(fd, EPOLLIN, "events", [this](auto, auto) { read_now_ = true; });
    if (!watch) return std::move(watch).error();
    watch_ = *watch;
    return Ok{};
  }

  void note_done() {
    if (programs_.done() <= noted_ || feed_.fd() < 0) return;
    const Status noted = feed_.done(programs_.done());
    heard_ = true;  // what came meanwhile is kept by the feed
    if (noted) {
      noted_ = programs_.done();
    } else if (!noted.error().retryable()) {
      programs_.fail(noted.error());
      noted_ = programs_.done();
    }
  }

  // Those that are done must not come again because the host happens to be away.
  void say_last_place() {
    const Mono until = system_clock().monotonic() + kLastWord;
    for (note_done(); programs_.done() > noted_ && system_clock().monotonic() < until; note_done()) {
      if (feed_.fd() < 0) (void)feed_.next();  // tries to get it back
      if (feed_.fd() < 0) (void)::poll(nullptr, 0, static_cast<int>(kFirstPause.count()));
    }
    if (programs_.done() > noted_)
      session_.remark("bus: the host is away; events up to " + std::to_string(programs_.done()) +
                      " are done, and will come again");
  }

  // The ends of the last runs, which the host has yet to store. One that is away is not waited for: it finds
  // the runs open, and says that they are lost.
  void say_last_word() {
    const Mono until = system_clock().monotonic() + kLastWord;
    while (feed_.untold() != 0 && feed_.fd() >= 0 && system_clock().monotonic() < until) {
      pollfd readable{feed_.fd(), POLLIN, 0};
      if (!feed_.has_item()) (void)::poll(&readable, 1, static_cast<int>(kFirstPause.count()));
      (void)feed_.next();
    }
    if (feed_.untold() != 0) session_.remark("bus: the host was not told how the last runs have ended");
  }

  Session& session_;
  OnFeed& feed_;
  const Signals& signals_;
  loop::Runner runner_;
  OnPrograms programs_;
  loop::Runner::WatchId watch_ = 0;
  int watched_ = -1;
  bool heard_ = true;     // the feed was used since it was watched
  bool read_now_ = true;  // it may have something
  std::optional<Mono> wake_;
  Mono try_at_{};
  milliseconds pause_ = kFirstPause;
  std::uint64_t noted_ = 0;
};

}  // namespace

Result<int> run_for_events(Session& session, OnFeed& feed, const OnPlan& plan, const Signals& signals,
                           std::string_view idle, OnTasks* tasks) {
  Loop loop(session, feed, plan, signals, tasks);
  return loop.run(idle);
}

}  // namespace bus::cli
