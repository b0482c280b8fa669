#include "core/loop/runner.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <deque>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/thread_name.h"

namespace bus::loop {
namespace {

struct Named {
  std::string_view what;
  Runner::Job job;
};

struct TimerEntry {
  Mono due;
  microseconds period{0};
  std::string_view what;
  Runner::TimerJob job;
};

// Makes `what` visible while it runs. A null `what` is "idle".
class CallMark {
 public:
  void begin(std::string_view what, Mono now) {
    since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    what_.store(what.data(), std::memory_order_release);
  }
  void end() { what_.store(nullptr, std::memory_order_release); }
  std::optional<Runner::Call> read(Mono now) const {
    const char* what = what_.load(std::memory_order_acquire);
    if (what == nullptr) return std::nullopt;
    return Runner::Call{what, now.time_since_epoch() - nanoseconds(since_.load(std::memory_order_relaxed))};
  }

 private:
  std::atomic<const char*> what_{nullptr};
  std::atomic<std::int64_t> since_{0};
};

}  // namespace

// Shared with the thread, so that one that is left to itself finds everything it needs.
struct Runner::Core {
  Core(std::string name_, const Clock& clock_, Bounds bounds_)
      : name(std::move(name_)), clock(clock_), bounds(bounds_) {}

  bool put(std::string_view what, Job job, std::size_t most) {
    MutexLock lock(mutex);
    if (closed || jobs.size() >= most) return false;
    jobs.push_back({what, std::move(job)});
    rouse();
    return true;
  }

  // Ends the thread's sleep, wherever it sleeps.
  void rouse() BUS_REQUIRES(mutex) {
    if (!in_fds) return work.notify_one();
    in_fds = false;  // one wake is enough
    fds.wake();
  }

  template <class Call>
  void run(std::string_view what, Call&& call) {
    mark.begin(what, clock.monotonic());
    call();
    mark.end();
  }

  void run_due_timers() {
    const Mono now = clock.monotonic();
    // A timer that arms itself again for "now" waits for the next round.
    std::size_t most = due.size();
    while (most-- != 0 && !due.empty() && due.begin()->first <= now) {
      const TimerId id = due.begin()->second;
      due.erase(due.begin());
      TimerEntry& timer = timers.at(id);
      const std::string_view what = timer.what;
      const TimerJob job = timer.job;  // it may cancel its own timer
      if (timer.period.count() == 0) {
        timers.erase(id);
      } else {
        timer.due = now + timer.period;
        due.emplace(timer.due, id);
      }
      run(what, [&] { job(id); });
    }
  }

  void run_jobs() {
    std::deque<Named> batch;
    {
      MutexLock lock(mutex);
      batch.swap(jobs);
      taken.store(batch.size(), std::memory_order_relaxed);
    }
    while (!batch.empty()) {
      run(batch.front().what, batch.front().job);
      batch.pop_front();
      taken.store(batch.size(), std::memory_order_relaxed);
    }
  }

  void run_ready() {
    if (!fds.armed()) return;
    // What the sleep brought, or a look without one. The jobs change the set, not this copy.
    if (!looked) brought = fds.wait(nanoseconds(0));
    looked = false;
    const std::vector<FdSet::Ready> ready = std::exchange(brought, {});
    for (const auto& [id, events] : ready) {
      const FdSet::Entry* entry = fds.find(id);
      if (entry == nullptr || entry->events == 0) continue;  // removed or paused by one before it
      const std::shared_ptr<const WatchJob> job = entry->job;
      run(entry->what, [&, id = id, events = events] { (*job)(id, events); });
    }
  }

  std::optional<Mono> step() {
    run_due_timers();
    run_jobs();
    run_ready();
    if (due.empty()) return std::nullopt;
    return due.begin()->first;
  }

  // As wait(), in the kernel's list of descriptors.
  bool wait_in_fds(std::optional<Mono> next) {
    {
      MutexLock lock(mutex);
      if (!jobs.empty()) return true;
      if (closed) return false;
      in_fds = true;
    }
    const nanoseconds left = next ? std::max(nanoseconds(0), *next - clock.monotonic()) : nanoseconds(-1);
    brought = fds.wait(left);
    looked = true;
    MutexLock lock(mutex);
    in_fds = false;
    return !closed || !jobs.empty();
  }

  // False when it is time to end.
  bool wait(std::optional<Mono> next) {
    if (fds.armed()) return wait_in_fds(next);
    MutexLock lock(mutex);
    while (jobs.empty()) {
      if (closed) return false;
      if (!next) {
        work.wait(mutex);
        continue;
      }
      const nanoseconds left = *next - clock.monotonic();
      if (left.count() <= 0 || !work.wait_until(mutex, std::chrono::steady_clock::now() + left)) return true;
    }
    return true;
  }

  void loop() {
    thread_id.store(std::this_thread::get_id());
    while (wait(step())) {
    }
    timers.clear();
    due.clear();
    fds.clear();
    MutexLock lock(mutex);
    ended = true;
    gone.notify_all();
  }

  const std::string name;
  const Clock& clock;
  const Bounds bounds;

  // Of the runner's thread.
  std::map<TimerId, TimerEntry> timers;
  std::multimap<Mono, TimerId> due;
  TimerId last_timer = 0;
  FdSet fds;  // wake() is for all threads, while in_fds
  std::vector<FdSet::Ready> brought;
  bool looked = false;  // `brought` is fresh

  CallMark mark;
  std::atomic<std::size_t> taken{0};  // jobs off the queue that have not ended
  std::atomic<std::thread::id> thread_id{};

  mutable Mutex mutex;
  CondVar work, gone;
  std::deque<Named> jobs BUS_GUARDED_BY(mutex);
  bool in_fds BUS_GUARDED_BY(mutex) = false;  // the thread sleeps in its descriptors, not in `work`
  bool closed BUS_GUARDED_BY(mutex) = false;
  bool ended BUS_GUARDED_BY(mutex) = false;
  std::thread thread BUS_GUARDED_BY(mutex);
};

Runner::Runner(std::string name, const Clock& clock, Bounds bounds)
    : core_(std::make_shared<Core>(std::move(name), clock, bounds)) {}

Runner::~Runner() {
  stop(milliseconds(0));
}

void Runner::start() {
  MutexLock lock(core_->mutex);
  if (core_->closed || core_->thread.joinable()) return;
  core_->thread = std::thread([core = core_] {
    // A peer that is gone is an error of write(), not the end of the program.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    name_thread(core->name);
    core->loop();
  });
}

bool Runner::try_post(std::string_view what, Job job) {
  return core_->taken.load(std::memory_order_relaxed) < core_->bounds.jobs &&
         core_->put(what, std::move(job), core_->bounds.jobs);
}

bool Runner::post(std::string_view what, Job job) {
  return core_->put(what, std::move(job), static_cast<std::size_t>(-1));
}

Runner::Mailbox Runner::mailbox() const {
  return Mailbox(core_);
}

bool Runner::Mailbox::post(std::string_view what, Job job) const {
  return core_->put(what, std::move(job), static_cast<std::size_t>(-1));
}

Runner::TimerId Runner::arm(Mono due, microseconds period, std::string_view what, TimerJob job) {
  if (core_->timers.size() >= core_->bounds.timers) return 0;
  const TimerId id = ++core_->last_timer;
  core_->timers.emplace(id, TimerEntry{due, period, what, std::move(job)});
  core_->due.emplace(due, id);
  return id;
}

void Runner::cancel(TimerId timer) {
  const auto found = core_->timers.find(timer);
  if (found == core_->timers.end()) return;
  const auto [first, last] = core_->due.equal_range(found->second.due);
  for (auto at = first; at != last; ++at) {
    if (at->second != timer) continue;
    core_->due.erase(at);
    break;
  }
  core_->timers.erase(found);
}

Result<Runner::WatchId> Runner::watch(int fd, std::uint32_t events, std::string_view what, WatchJob job) {
  if (core_->fds.size() >= core_->bounds.watches)
    return error(Code::limit, "too many descriptors are watched");
  return core_->fds.add(fd, events, what, std::move(job));
}

Status Runner::rewatch(WatchId watch, std::uint32_t events) {
  return core_->fds.modify(watch, events);
}

void Runner::unwatch(WatchId watch) {
  core_->fds.remove(watch);
}

void Runner::cancel_all() {
  core_->timers.clear();
  core_->due.clear();
  core_->fds.clear();
}

std::optional<Mono> Runner::step() {
  core_->thread_id.store(std::this_thread::get_id());
  return core_->step();
}

void Runner::wait(std::optional<Mono> until) {
  if (!core_->due.empty()) until = std::min(until.value_or(Mono::max()), core_->due.begin()->first);
  core_->wait(until);
}

std::optional<Runner::Call> Runner::current() const {
  return core_->mark.read(core_->clock.monotonic());
}

std::size_t Runner::waiting() const {
  MutexLock lock(core_->mutex);
  return core_->jobs.size() + core_->taken.load(std::memory_order_relaxed);
}

bool Runner::on_thread() const {
  return core_->thread_id.load() == std::this_thread::get_id();
}

bool Runner::await_end(milliseconds grace) {
  MutexLock lock(core_->mutex);
  core_->closed = true;
  core_->rouse();
  if (!core_->thread.joinable()) return true;
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (!core_->ended && core_->gone.wait_until(core_->mutex, deadline)) {
  }
  return core_->ended;
}

bool Runner::stop(milliseconds grace) {
  const bool ended = await_end(grace);
  std::thread thread;
  {
    MutexLock lock(core_->mutex);
    if (!core_->thread.joinable()) return true;
    thread = std::move(core_->thread);
  }
  if (ended) {
    thread.join();
  } else {
    thread.detach();
  }
  return ended;
}

}  // namespace bus::loop
