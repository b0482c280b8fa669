#include "core/process/jobs.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/ulid.h"
#include "core/process/descendants.h"
#include "core/process/line_cutter.h"
#include "core/process/scope.h"

namespace bus::process {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{64} << 10;  // what a pipe holds
constexpr int kLargePipe = 256 << 10;
constexpr int kMostAtOnce = 64;
constexpr seconds kAfterKill{10};  // so long one that outlives SIGKILL is waited for
constexpr microseconds kLongestGrace = std::chrono::hours(24);

// What an event of our epoll is about: the job's id, and which of these.
enum Kind : std::uint64_t { kOut, kErr, kExit, kKinds };

struct Stream {
  UniqueFd fd{};  // empty: not captured, or at its end
  LineCutter cutter{};
  bool large = false;  // its pipe was made larger
};

void put_run(std::vector<std::string>& env, const std::string& run) {
  const std::string name = std::string(kRunVariable) + "=";
  std::erase_if(env, [&name](const std::string& entry) { return entry.starts_with(name); });
  env.push_back(name + run);
}

}  // namespace

struct Jobs::State {
  struct One {
    Id id = 0;
    JobSpec spec{};
    JobEnd end{};
    Child child{};
    std::array<Stream, 2> streams{};
    std::optional<RunLog> log{};
    bool exited = false;
    Mono timeout_at = Mono::max();
    std::optional<Stopping> stopping{};
    Mono give_up = Mono::max();
    Mono due = Mono::max();  // as in `timers`
  };

  State(loop::Runner& runner_, Spawner& spawner_, const Clock& clock_, Scopes* scopes_)
      : runner(runner_), spawner(spawner_), clock(clock_), scopes(scopes_) {}

  Status open();
  void close();
  Status connect(One& one, std::vector<UniqueFd>& theirs);
  Status attend(One& one);
  Status add(int fd, Id id, Kind kind);
  One* find(Id id);

  void wait(int limit_ms);
  void read_some(One& one, Tag tag);
  void take(One& one, Tag tag, std::string_view bytes);
  void drain(One& one);
  void look(One& one);
  void note_end(One& one);
  void begin_stop(One& one, microseconds grace);
  void finish(One& one);
  void close_log(One& one);

  void schedule(One& one, Mono at);
  void run_due();
  void rearm();

  loop::Runner& runner;
  Spawner& spawner;
  const Clock& clock;
  Scopes* const scopes;

  std::map<Id, std::unique_ptr<One>> all;
  Id last = 0;
  UlidMaker runs;
  bool silent = false;  // nothing is called back
  std::vector<char> buffer;

  // All descriptors are in a set of our own, so that the runner's bound is none for us.
  UniqueFd epoll;
  loop::Runner::WatchId watch = 0;
  std::unique_ptr<Orphans> orphans;

  std::set<std::pair<Mono, Id>> timers;
  loop::Runner::TimerId timer = 0;
  Mono timer_due = Mono::max();

  struct Group {
    pid_t pid, pgid;
  };
  Mutex mutex;  // also held while a child is reaped, whose number is somebody else's then
  std::map<Id, Group> groups BUS_GUARDED_BY(mutex);
};

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
  schedule(one, std::min(one.stopping->next(now), one.give_up));
}

void Jobs::State::begin_stop(One& one, microseconds grace) {
  const Mono now = clock.monotonic();
  grace = std::clamp(grace, microseconds(0), kLongestGrace);
  if (one.stopping) {
    one.stopping->hurry(now + grace);
  } else {
    MutexLock lock(mutex);
    one.stopping.emplace(spawner, one.child, grace, now);
  }
  one.give_up = std::min(one.give_up, now + grace + kAfterKill);
}

void Jobs::State::close_log(One& one) {
  if (!one.log) return;
  Status closed = one.log->close(clock.now());
  std::string& trouble = one.end.log_trouble;
  if (!closed && trouble.empty()) trouble = std::move(closed).error().message;
  if (const std::uint64_t dropped = one.log->dropped(); dropped != 0)
    trouble = std::to_string(dropped) + " bytes could not be written: " + trouble;
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
