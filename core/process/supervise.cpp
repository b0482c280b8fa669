#include "core/process/supervise.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "core/process/descendants.h"

namespace bus::process {
namespace {

// How often a group without its leader is looked at: nothing announces its end. Ever more seldom.
constexpr milliseconds kLookAgain{10};
constexpr std::uint32_t kLooksBeforeDoubling = 16;
constexpr std::uint32_t kMostDoublings = 5;
constexpr seconds kAfterKill{10};

// Waits until the child's pidfd is readable or `limit` has passed; a negative limit is none.
Status wait_readable(const Child& child, milliseconds limit) {
  pollfd wanted{child.pidfd.get(), POLLIN, 0};
  const bool waits = !child.exit;  // a pidfd stays readable: no more to wait for
  const auto bounded = std::min<std::int64_t>(limit.count(), 1 << 30);
  if (::poll(&wanted, waits ? 1 : 0, static_cast<int>(bounded)) < 0 && errno != EINTR) {
    return system_error("waiting for a process", errno);
  }
  return Ok{};
}

milliseconds up_to_ms(nanoseconds d) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(d));
}

}  // namespace

Result<Exit> wait(Spawner& spawner, Child& child) {
  for (;;) {
    auto ended = spawner.reap(child);
    if (!ended) return std::move(ended).error();
    if (*ended) return **ended;
    if (Status s = wait_readable(child, milliseconds(-1)); !s) return std::move(s).error();
  }
}

Result<std::optional<Exit>> wait_for(Spawner& spawner, Child& child, milliseconds limit) {
  const Mono end = system_clock().monotonic() + limit;
  for (;;) {
    auto ended = spawner.reap(child);
    if (!ended || *ended) return ended;
    const Mono now = system_clock().monotonic();
    if (now >= end) return std::optional<Exit>();
    if (Status s = wait_readable(child, up_to_ms(end - now)); !s) return std::move(s).error();
  }
}

Stopping::Stopping(Spawner& spawner, Child& child, microseconds grace, Mono now, int first)
    : spawner_(spawner), child_(child), descendants_(spawner.descendants(child)), kill_at_(now + grace) {
  (void)spawner_.reap(child_);
  // A stopped program cannot act on the first.
  for (const int signal : {first, SIGCONT}) {
    (void)spawner_.signal(child_, signal);
    if (descendants_) descendants_->signal_outside(signal);
  }
}

Stopping::~Stopping() = default;

void Stopping::hurry(Mono at) {
  kill_at_ = std::min(kill_at_, at);
}

bool Stopping::nobody_left() {
  ++looks_;
  return (!descendants_ || descendants_->gone()) && spawner_.group_gone(child_);
}

void Stopping::kill() {
  if (descendants_) descendants_->kill();
  (void)spawner_.signal(child_, SIGKILL);
}

Stopping::Stage Stopping::step(Mono now) {
  if (stage_ == Stage::gone) return stage_;
  const auto ended = spawner_.reap(child_);
  // A lost exit is no reason to wait for ever: the group decides.
  const bool leader_ended = !ended || *ended;
  if (leader_ended && nobody_left()) return stage_ = Stage::gone;
  if (stage_ == Stage::asked && now >= kill_at_) {
    kill();
    stage_ = Stage::killed;
    looks_ = 0;
  } else if (stage_ == Stage::killed && leader_ended && descendants_) {
    kill();  // some were forked behind the first
  }
  return stage_;
}

Mono Stopping::next(Mono now) const {
  if (stage_ == Stage::gone) return Mono::max();
  const Mono soon = now + kLookAgain * (1u << std::min(looks_ / kLooksBeforeDoubling, kMostDoublings));
  if (stage_ == Stage::killed) return soon;
  return child_.exit ? std::min(soon, kill_at_) : kill_at_;
}

Result<Exit> stop(Spawner& spawner, Child& child, microseconds grace, const Clock& clock) {
  const Mono start = clock.monotonic();
  const Mono give_up = start + grace + kAfterKill;
  Stopping stopping(spawner, child, grace, start);
  for (;;) {
    const Mono now = clock.monotonic();
    if (stopping.step(now) == Stopping::Stage::gone) break;
    if (now >= give_up) {
      return error(Code::timeout,
                   "process group " + std::to_string(child.pgid) + " is still there after SIGKILL");
    }
    if (Status s = wait_readable(child, up_to_ms(stopping.next(now) - now)); !s) return std::move(s).error();
  }
  auto ended = spawner.reap(child);
  if (!ended) return std::move(ended).error();
  return **ended;
}

}  // namespace bus::process
