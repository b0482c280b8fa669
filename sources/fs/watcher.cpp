#include "sources/fs/watcher.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <utility>

#include "sources/fs/names.h"

namespace bus::fs {
namespace {

constexpr std::size_t kRead = 8192;     // events taken in one go
constexpr std::size_t kStep = 2048;     // names looked at in one go
constexpr std::size_t kBurst = 20'000;  // changes that are told without waiting for the burst's end
constexpr std::int64_t kFirstPause = 100'000, kLongestPause = 30'000'000, kCalm = 10'000'000;
constexpr std::int64_t kRetry = 60'000'000;
constexpr std::int64_t kFirstSend = 100'000, kLongestSend = 5'000'000;

std::int64_t clock_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string limit_text(const char* name) {
  std::uint64_t now = 0;
  std::ifstream(std::string("/proc/sys/fs/inotify/") + name) >> now;
  const std::string full = std::string("fs.inotify.") + name;
  return "raise " + full + ", now " + std::to_string(now) + ": sysctl -w " + full + "=" +
         std::to_string(std::max<std::uint64_t>(now, 64) * 4);
}

}  // namespace

Watcher::Watcher(Host host, WatcherSettings settings, Told told)
    : host_(host),
      settings_(std::move(settings)),
      told_(std::move(told)),
      disk_(settings_.while_open),
      mirror_(disk_, settings_.mirror, changes_),
      pace_(settings_.debounce_us, settings_.max_wait_us),
      outbox_(host, origin(), settings_.each, settings_.limit),
      watch_(host),
      timer_(host) {}

void Watcher::start() {
  open();
  // What there is to tell is told later: whoever starts this may be in a callback.
  (void)timer_.once(std::chrono::microseconds(0), [this] { work(); });
}

void Watcher::stop() noexcept {
  timer_.cancel();
  armed_.reset();
  watch_.stop();
  disk_.close();
}

// Without an inotify instance the root is as good as not there; it is tried again.
void Watcher::open() {
  open_failed_ = disk_.open();
  if (open_failed_ == 0 &&
      !watch_.start(disk_.fd(), BUS_FD_READABLE, [this](std::uint32_t) { readable(); })) {
    disk_.close();
    open_failed_ = EMFILE;
  }
  if (open_failed_ != 0) {
    retry_due_ = clock_us() + kRetry;
    return;
  }
  look_for_root(clock_us());
}

// Begins with the root if it is there; else what is above it is watched until it comes.
void Watcher::look_for_root(std::int64_t now) {
  for (int tries = 0; tries < 8; ++tries) {
    above_changed_ = false;
    if (there_ && mirror_.check_root()) return watch_above();
    if (there_) {
      there_ = false;
      outbox_.add(changes_.take(INT64_MAX));
      pace_.told();
      if (ready_) outbox_.add(root_event(origin(), RootState::gone, 0, 0, host_.now_us()));
    }
    watch_above();
    if (!mirror_.begin(ready_)) {
      // It may have come while the watches were set.
      if (!disk_.look_through(settings_.mirror.root).there) break;
      continue;
    }
    there_ = true;
    if (ready_) outbox_.add(root_event(origin(), RootState::back, 0, 0, host_.now_us()));
    pace_.changed(now);
    return watch_above();
  }
  ready_ = true;  // whatever comes from now on is news
}

void Watcher::watch_above() {
  for (const std::int32_t number : above_) disk_.unwatch(number);
  above_.clear();
  std::string folder = settings_.mirror.root;
  bool nearest = !mirror_.present();
  while (folder.size() > 1) {
    const std::size_t slash = folder.rfind('/');
    folder = slash == 0 ? "/" : folder.substr(0, slash);
    const auto made = disk_.watch(folder, nearest ? Disk::Wanted::above_gone : Disk::Wanted::above);
    if (made.number < 0) continue;
    nearest = false;
    above_.push_back(made.number);
  }
}

void Watcher::readable() {
  const std::int64_t now = clock_us();
  const std::uint64_t version = changes_.version();
  const bool all = disk_.read([&](const Raw& raw) { take(raw, now); }, kRead);
  note(version, now);
  // What is still there goes first, so that the kernel's queue does not run over.
  if (all || changes_.ready() >= kBurst) return work();
  arm(now);
}

void Watcher::note(std::uint64_t version, std::int64_t now) {
  if (changes_.version() != version) pace_.changed(now);
}

void Watcher::take(const Raw& raw, std::int64_t now) {
  if (std::find(above_.begin(), above_.end(), raw.watch) != above_.end()) {
    above_changed_ = true;
    return;
  }
  mirror_.take(raw, now);
}

void Watcher::work() {
  const std::int64_t now = clock_us();
  if (open_failed_ == 0) {
    if (mirror_.take_overflow()) take_overflow(now);
    const std::uint64_t version = changes_.version();
    mirror_.settle(now);
    if (above_changed_ || (there_ && !mirror_.present())) look_for_root(now);
    take_due(now);
    const bool more = mirror_.step(kStep, now);
    note(version, now);
    if (!more && mirror_.present()) tell(now);
  } else {
    take_due(now);
  }
  flush(now);
  send(now);
  arm(now);
  const std::uint64_t before = std::exchange(state_, state());
  if (told_ && !mirror_.scanning()) told_(before != state_);
}

std::uint64_t Watcher::state() const {
  const Mirror::Figures figures = mirror_.figures();
  const auto bit = [](bool is, unsigned place) { return std::uint64_t{is ? 1u : 0u} << place; };
  return (std::uint64_t{figures.unwatched} << 16) | (static_cast<std::uint64_t>(open_failed_) << 8) |
         bit(figures.full, 0) | bit(again_, 1) | bit(mirror_.present(), 2) | bit(ready_, 3) | bit(true, 4);
}

// All was looked through.
void Watcher::tell(std::int64_t now) {
  if (again_ && !look_due_) again_ = false, looked_ = now;
  if (mirror_.figures().unwatched != 0 && !retry_due_) retry_due_ = now + kRetry;
  if (ready_) return;
  ready_ = true;
  const Mirror::Figures figures = mirror_.figures();
  outbox_.add(root_event(origin(), RootState::watched, figures.files, figures.folders, host_.now_us()));
}

void Watcher::take_overflow(std::int64_t now) {
  ++gaps_;
  again_ = true;
  if (look_due_) return;  // told already
  outbox_.add(gap_event(origin(), "overflow", host_.now_us()));
  const bool soon = looked_ != 0 && now - looked_ < kCalm;
  pause_ = soon ? std::min(pause_ * 2, kLongestPause) : kFirstPause;
  look_due_ = now + pause_;
}

void Watcher::take_due(std::int64_t now) {
  if (look_due_ && *look_due_ <= now) {
    look_due_.reset();
    mirror_.look_again();
  }
  if (retry_due_ && *retry_due_ <= now) {
    retry_due_.reset();
    if (open_failed_ != 0) {
      open();
    } else {
      mirror_.retry_unwatched();
    }
  }
}

void Watcher::flush(std::int64_t now) {
  const auto held = changes_.due();
  const auto due = pace_.due();
  const bool full = changes_.ready() >= kBurst;
  if (!full && !(due && *due <= now) && !(held && *held <= now)) return;
  outbox_.add(changes_.take(now));
  pace_.told();
}

void Watcher::send(std::int64_t now) {
  if (outbox_.empty() || (send_due_ && *send_due_ > now)) return;
  const Status sent = outbox_.send();
  if (sent.ok()) {
    send_due_.reset();
    send_pause_ = 0;
    return;
  }
  send_pause_ = std::clamp(send_pause_ * 2, kFirstSend, kLongestSend);
  send_due_ = now + send_pause_;
}

void Watcher::arm(std::int64_t now) {
  std::optional<std::int64_t> next;
  const auto at = [&](std::optional<std::int64_t> due) {
    if (due && (!next || *due < *next)) next = due;
  };
  if (mirror_.scanning()) at(now);
  if (!outbox_.empty()) at(send_due_.value_or(now));
  if (changes_.ready() != 0) at(pace_.due());
  at(changes_.due());
  at(mirror_.settle_due());
  at(look_due_);
  at(retry_due_);
  if (!next) {
    if (armed_) timer_.cancel();
    armed_.reset();
    return;
  }
  if (armed_ && *armed_ <= *next) return;  // it fires early, and is armed again then
  armed_ = next;
  const auto delay = std::chrono::microseconds(std::max<std::int64_t>(0, *next - now));
  const Status done = timer_.once(delay, [this] {
    armed_.reset();
    work();
  });
  if (!done.ok()) host_.report(BUS_HEALTH_FAILED, done.message());
}

Watcher::Health Watcher::health() const {
  const std::string root = escape(settings_.mirror.root);
  if (open_failed_ == EMFILE)
    return {BUS_HEALTH_DEGRADED, root + " is not watched: " + limit_text("max_user_instances")};
  if (open_failed_ != 0)
    return {BUS_HEALTH_DEGRADED,
            root + " is not watched: inotify fails with errno " + std::to_string(open_failed_)};
  const Mirror::Figures figures = mirror_.figures();
  if (figures.unwatched != 0) {
    return {BUS_HEALTH_DEGRADED,
            std::to_string(figures.unwatched) + " folders of " + root +
                " are only looked through each minute: " + limit_text("max_user_watches")};
  }
  if (figures.full) return {BUS_HEALTH_DEGRADED, root + " has too many files: exclude some"};
  if (again_) return {BUS_HEALTH_DEGRADED, "changes of " + root + " were missed: looking again"};
  if (!mirror_.present()) return {BUS_HEALTH_IDLE, root + " is not there"};
  return {};
}

Watcher::Figures Watcher::figures() const {
  return {mirror_.figures(), mirror_.memory(), outbox_.told(), gaps_};
}

}  // namespace bus::fs
