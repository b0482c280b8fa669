#include "core/process/jobs.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "core/process/jobs_state.h"
#include "core/process/scope.h"

namespace bus::process {
namespace {

constexpr int kMostAtOnce = 64;
constexpr seconds kAfterKill{10};  // so long one that outlives SIGKILL is waited for
constexpr microseconds kLongestGrace = std::chrono::hours(24);

void put_run(std::vector<std::string>& env, const std::string& run) {
  const std::string name = std::string(kRunVariable) + "=";
  std::erase_if(env, [&name](const std::string& entry) { return entry.starts_with(name); });
  env.push_back(name + run);
}

}  // namespace

Status Jobs::State::open() {
  if (silent) return error(Code::stopping, "programs are being stopped");
  if (epoll) return Ok{};
  UniqueFd made(::epoll_create1(EPOLL_CLOEXEC));
  if (!made) return system_error("cannot watch programs", errno);
  auto watched = runner.watch(made.get(), EPOLLIN, "programs", [this](auto, auto) { wait(0); });
  if (!watched) return std::move(watched).error();
  epoll = std::move(made);
  watch = *watched;
  if (!is_subreaper()) return Ok{};
  auto reaper = Orphans::watch(runner);
  if (!reaper) return std::move(reaper).error();
  orphans = std::move(*reaper);
  return Ok{};
}

void Jobs::State::close() {
  if (watch != 0) runner.unwatch(std::exchange(watch, 0));
  if (timer != 0) runner.cancel(std::exchange(timer, 0));
  orphans.reset();
  epoll.reset();
}

Jobs::State::One* Jobs::State::find(Id id) {
  const auto found = all.find(id);
  return found == all.end() ? nullptr : found->second.get();
}

Status Jobs::State::add(int fd, Id id, Kind kind) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = id * kKinds + kind;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0) return Ok{};
  return system_error("cannot watch a program", errno);
}

// Looks what is ready and deals with it.
void Jobs::State::wait(int limit_ms) {
  std::array<epoll_event, kMostAtOnce> ready{};
  const int count = ::epoll_wait(epoll.get(), ready.data(), kMostAtOnce, limit_ms);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = ready[static_cast<std::size_t>(i)].data.u64;
    One* one = find(tag / kKinds);
    if (one == nullptr) continue;
    switch (tag % kKinds) {
      case kOut:
        read_some(*one, Tag::out);
        break;
      case kErr:
        read_some(*one, Tag::err);
        break;
      default:
        look(*one);
    }
  }
}

// Notes the program's own end, once.
void Jobs::State::note_end(One& one) {
  if (one.exited) return;
  MutexLock lock(mutex);
  const auto ended = spawner.reap(one.child);
  if (ended && !*ended) return;
  one.exited = true;
  one.end.exit = one.child.exit;
  one.end.ended = clock.now();
  if (one.child.gone) groups.erase(one.id);
  (void)::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, one.child.pidfd.get(), nullptr);
}

// Looks whether it has ended, and goes on with its stop.
void Jobs::State::look(One& one) {
  note_end(one);
  const Mono now = clock.monotonic();
  if (!one.stopping) {
    if (one.exited) return finish(one);
    if (now < one.timeout_at) return;
    one.end.timed_out = true;
    begin_stop(one, one.spec.stop_grace);
  }
  Stopping::Stage stage = Stopping::Stage::asked;
  {
    MutexLock lock(mutex);
    stage = one.stopping->step(now);
  }
  if (stage == Stopping::Stage::gone || now >= one.give_up) {
    note_end(one);
    return finish(one);
  }
  if (one.exited && std::exchange(one.in_own_time, false)) begin_stop(one, one.spec.stop_grace);
  schedule(one, std::min(one.stopping->next(now), one.give_up));
}

void Jobs::State::begin_stop(One& one, microseconds grace, int signal) {
  const Mono now = clock.monotonic();
  grace = std::clamp(grace, microseconds(0), kLongestGrace);
  if (one.stopping) {
    one.stopping->hurry(now + grace);
  } else {
    MutexLock lock(mutex);
    one.stopping.emplace(spawner, one.child, grace, now, signal);
  }
  one.give_up = std::min(one.give_up, now + grace + kAfterKill);
}

void Jobs::State::finish(One& one) {
  drain(one);
  close_log(one);
  if (!one.exited) one.end.ended = clock.now();
  schedule(one, Mono::max());
  {
    MutexLock lock(mutex);
    groups.erase(one.id);
  }
  const auto found = all.find(one.id);
  const std::unique_ptr<One> last_hold = std::move(found->second);
  all.erase(found);
  one.stopping.reset();
  one.child.pidfd.reset();
  if (!silent && last_hold->spec.ended) last_hold->spec.ended(last_hold->id, last_hold->end);
}

// Has it looked at then.
void Jobs::State::schedule(One& one, Mono at) {
  if (at == one.due) return;
  if (one.due != Mono::max()) timers.erase({one.due, one.id});
  one.due = at;
  if (at != Mono::max()) timers.emplace(at, one.id);
  rearm();
}

void Jobs::State::rearm() {
  const Mono first = timers.empty() ? Mono::max() : timers.begin()->first;
  if (first == timer_due) return;
  if (timer != 0) runner.cancel(std::exchange(timer, 0));
  timer_due = first;
  if (first == Mono::max() || silent) return;
  timer = runner.arm(first, microseconds(0), "programs", [this](auto) {
    timer = 0;
    timer_due = Mono::max();
    run_due();
    rearm();
  });
}

void Jobs::State::run_due() {
  const Mono now = clock.monotonic();
  // A look that wants another one at once has it in the next round.
  std::size_t most = timers.size();
  while (most-- != 0 && !timers.empty() && timers.begin()->first <= now) {
    One& one = *all.at(timers.begin()->second);
    timers.erase(timers.begin());
    one.due = Mono::max();
    look(one);
  }
}

Jobs::Jobs(loop::Runner& runner, Spawner& spawner, const Clock& clock, Scopes* scopes)
    : state_(std::make_unique<State>(runner, spawner, clock, scopes)) {}

Jobs::~Jobs() {
  state_->close();
}

Result<Jobs::Id> Jobs::start(JobSpec spec) {
  State& state = *state_;
  if (Status opened = state.open(); !opened) return std::move(opened).error();
  auto one = std::make_unique<State::One>();
  one->spec = std::move(spec);
  one->id = state.last + 1;
  std::vector<UniqueFd> theirs;
  if (Status connected = state.connect(*one, theirs); !connected) return std::move(connected).error();
  one->end.started = state.clock.now();
  const std::string run = state.runs.next(one->end.started).text();
  put_run(one->spec.program.env, run);
  auto child = state.spawner.start(one->spec.program);
  if (!child) return std::move(child).error();
  theirs.clear();
  one->child = std::move(*child);
  one->child.run = run;
  if (Status attended = state.attend(*one); !attended) {
    (void)process::stop(state.spawner, one->child, microseconds(0), state.clock);
    return std::move(attended).error();
  }
  if (state.scopes != nullptr) state.scopes->adopt(run, one->child.pid, one->spec.program.path);
  one->spec.program = {};
  {
    MutexLock lock(state.mutex);
    state.groups[one->id] = {one->child.pid, one->child.pgid};
  }
  const Id id = state.last = one->id;
  State::One& kept = *state.all.emplace(id, std::move(one)).first->second;
  if (kept.spec.run_timeout) {
    kept.timeout_at = state.clock.monotonic() + std::min(*kept.spec.run_timeout, 365 * kLongestGrace);
    state.schedule(kept, kept.timeout_at);
  }
  return id;
}

void Jobs::stop(Id id, std::optional<microseconds> grace) {
  State::One* one = state_->find(id);
  if (one == nullptr) return;
  one->end.stopped = one->end.stopped || !one->exited;
  state_->begin_stop(*one, one->stopping ? microseconds(0) : grace.value_or(one->spec.stop_grace));
  // Not from here: the caller may be one of its own callbacks.
  state_->schedule(*one, state_->clock.monotonic());
}

void Jobs::interrupt(Id id, int signal) {
  State::One* one = state_->find(id);
  if (one == nullptr || one->stopping) return;
  const Mono now = state_->clock.monotonic();
  microseconds longest = kLongestGrace;
  if (one->timeout_at != Mono::max())
    longest = std::chrono::ceil<microseconds>(one->timeout_at - now) + one->spec.stop_grace;
  one->in_own_time = true;
  state_->begin_stop(*one, longest, signal);
  state_->schedule(*one, now);
}

void Jobs::signal(Id id, int signal) {
  if (const State::One* one = state_->find(id)) (void)state_->spawner.signal(one->child, signal);
}

pid_t Jobs::pid(Id id) const {
  const State::One* one = state_->find(id);
  return one == nullptr ? 0 : one->child.pid;
}

std::size_t Jobs::running() const {
  return state_->all.size();
}

void Jobs::stop_all(microseconds grace) {
  State& state = *state_;
  state.silent = true;
  grace = std::clamp(grace, microseconds(0), kLongestGrace);
  const Mono start = state.clock.monotonic();
  for (auto& [id, one] : state.all) {
    state.begin_stop(*one, grace);
    state.schedule(*one, start);
  }
  const Mono give_up = start + grace + kAfterKill;
  for (Mono now = start; !state.all.empty() && now < give_up; now = state.clock.monotonic()) {
    state.run_due();
    const Mono next = state.timers.empty() ? give_up : std::min(give_up, state.timers.begin()->first);
    const auto left = std::chrono::ceil<milliseconds>(next - state.clock.monotonic()).count();
    if (!state.all.empty()) state.wait(static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000)));
  }
  while (!state.all.empty()) state.finish(*state.all.begin()->second);
  state.close();
}

void Jobs::kill_all() {
  State& state = *state_;
  MutexLock lock(state.mutex);
  for (const auto& [id, group] : state.groups) {
    Child child;
    child.pid = group.pid;
    child.pgid = group.pgid;
    // Not reaped, so the number is still its own.
    if (group.pgid == 0) child.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, group.pid, 0)));
    (void)state.spawner.signal(child, SIGKILL);
  }
}

}  // namespace bus::process
