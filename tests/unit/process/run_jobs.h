// A runner with its thread, jobs on it, and what they told.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <string>
#include <utility>

#include "core/base/mutex.h"
#include "core/process/descendants.h"
#include "core/process/jobs.h"
#include "core/process/proc_scan.h"
#include "core/process/scope.h"

namespace bus::process {

inline Program probe(std::vector<std::string> words = {}) {
  words.insert(words.begin(), "probe");
  return {.path = PROCESS_PROBE, .argv = std::move(words), .env = {"PATH=/usr/bin:/bin"}};
}

// Our children that wait to be reaped, and those that run with a group of their own.
inline std::size_t children_of_ours(bool zombies) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto found = read_process(static_cast<pid_t>(std::atoi(entry.path().filename().c_str())));
    if (found && found->parent == ::getpid() && found->zombie() == zombies) ++count;
  }
  return count;
}

inline std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

// Those that still run and carry the mark of a run.
inline std::size_t running_of(const std::string& run) {
  ProcessTable::Each found;
  ProcessTable::take()->marked(run, found);
  return found.size();
}

class RunJobs {
 public:
  struct Told {
    std::string out, err;  // as lines() gave it
    std::optional<JobEnd> end;
  };

  explicit RunJobs(bool scoped = false)
      : runner_("test", system_clock()),
        scopes_(runner_),
        jobs_(runner_, system_spawner(), system_clock(), scoped ? &scopes_ : nullptr) {
    runner_.start();
  }
  ~RunJobs() {
    on([this] { jobs_.stop_all(microseconds(0)); });
    runner_.stop(seconds(30));
  }

  // Runs it on the runner's thread and waits for it.
  template <class Call>
  auto on(Call call) -> decltype(call()) {
    std::packaged_task<decltype(call())()> task(std::move(call));
    auto result = task.get_future();
    runner_.post("test", [&task] { task(); });
    return result.get();
  }

  Jobs& jobs() { return jobs_; }
  Scopes& scopes() { return scopes_; }

  // Starts it with what is told kept.
  Result<Jobs::Id> start(JobSpec spec, bool lines = true) {
    return on([&] { return start_here(std::move(spec), lines); });
  }
  // The same, on the runner's thread.
  Result<Jobs::Id> start_here(JobSpec spec, bool lines = true) {
    const auto key = std::make_shared<Jobs::Id>(0);
    if (lines) {
      spec.lines = [this, key](Tag tag, std::string_view line, bool whole) {
        MutexLock lock(mutex_);
        Told& told = told_[*key];
        (tag == Tag::out ? told.out : told.err).append(line).append(whole ? "\n" : "");
        changed_.notify_all();
      };
    }
    spec.ended = [this](Jobs::Id id, const JobEnd& end) {
      MutexLock lock(mutex_);
      told_[id].end = end;
      changed_.notify_all();
    };
    auto id = jobs_.start(std::move(spec));
    if (id) *key = *id;
    return id;
  }

  // Waits until a test of what was told is true.
  template <class Test>
  Told await(Jobs::Id id, const Test& test) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    MutexLock lock(mutex_);
    while (!test(told_[id])) {
      if (!changed_.wait_until(mutex_, deadline) && std::chrono::steady_clock::now() >= deadline) break;
    }
    return told_[id];
  }
  Told await_end(Jobs::Id id) {
    return await(id, [](const Told& told) { return told.end.has_value(); });
  }
  Told await_output(Jobs::Id id, const std::string& text) {
    return await(id, [&](const Told& told) { return told.out.find(text) != std::string::npos; });
  }
  // Starts a program that says "ready", and returns the value of its mark.
  std::pair<Jobs::Id, std::string> start_ready(Program program) {
    const auto id = start({.program = std::move(program)});
    if (!id) return {};
    await_output(*id, "ready\n");
    return {*id, run_of(on([&] { return jobs_.pid(*id); }))};
  }

 private:
  loop::Runner runner_;
  Scopes scopes_;
  Jobs jobs_;
  Mutex mutex_;
  CondVar changed_;
  std::map<Jobs::Id, Told> told_ BUS_GUARDED_BY(mutex_);
};

}  // namespace bus::process
