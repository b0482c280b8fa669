#include "core/process/descendants.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "core/process/proc_scan.h"
#include "core/process/scope.h"

namespace bus::process {
namespace {

constexpr int kRounds = 16;  // of holding those that fork, before SIGKILL

UniqueFd open_process(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace

Descendants::Descendants(pid_t pid, std::string run)
    : pid_(pid), run_(std::move(run)), since_(ProcessTable::recently()) {
  Known program;
  if (const auto entry = read_process(pid_)) {
    scope_ = scope_folder(pid_, run_);
    program.start = entry->start;
    program.pidfd = open_process(pid_);
  }
  known_.emplace(pid_, std::move(program));
  look();
}

// Makes it known, unless its number is somebody else's by now.
bool Descendants::add(pid_t pid, std::uint64_t start) {
  const auto found = known_.find(pid);
  if (found != known_.end() && found->second.start == start) return false;
  UniqueFd pidfd = open_process(pid);
  const auto now = read_process(pid);
  if (!now || now->start != start || now->zombie()) return false;
  known_.insert_or_assign(pid, Known{start, std::move(pidfd)});
  return true;
}

// Forgets those whose number has passed to others, or leads nobody any more.
void Descendants::forget(const ProcessTable& table) {
  ProcessTable::Each led;
  for (auto at = known_.begin(); at != known_.end();) {
    const ProcessEntry* entry = table.find(at->first);
    Known& known = at->second;
    const bool other = entry != nullptr && entry->start != known.start;
    bool keep = !other && entry != nullptr && !entry->zombie();
    if (!keep && !other) {
      known.pidfd.reset();
      led.clear();
      table.group_or_session(at->first, led);
      keep = !led.empty();
    }
    at = keep ? std::next(at) : known_.erase(at);
  }
}

// Finds more of them in a table from after the last signal. True if there are new ones.
bool Descendants::look() {
  table_ = ProcessTable::begun_after(since_);
  since_ = std::max(since_, table_->begun());
  forget(*table_);
  ProcessTable::Each found;
  table_->marked(run_, found);
  for (const auto& [pid, known] : known_) {
    table_->group_or_session(pid, found);
    if (known.start != 0) table_->children_of(pid, found);
  }
  bool more = false;
  while (!found.empty()) {
    const ProcessEntry& entry = *found.back();
    found.pop_back();
    if (entry.pid == ::getpid() || entry.pid <= 1 || !add(entry.pid, entry.start)) continue;
    more = true;
    table_->children_of(entry.pid, found);
    table_->group_or_session(entry.pid, found);
  }
  return more;
}

void Descendants::tell(const Known& known, pid_t pid, int signal) {
  if (known.start == 0) return;
  if (known.pidfd) {
    (void)::syscall(SYS_pidfd_send_signal, known.pidfd.get(), signal, nullptr, 0);
  } else if (const auto now = read_process(pid); now && now->start == known.start) {
    (void)::kill(pid, signal);
  }
}

void Descendants::signal_outside(int signal) {
  for (const auto& [pid, known] : known_) {
    const ProcessEntry* entry = table_->find(pid);
    const bool inside = pid == pid_ || (entry != nullptr && entry->group == pid_);
    if (!inside) tell(known, pid, signal);
  }
  since_ = system_clock().monotonic();
}

// Whether it is one of them by its parent, its group, its session or its mark, as things are now. Not by a
// number that has passed on to others.
bool Descendants::is_ours(const ProcessEntry& entry) const {
  const auto still = [this](pid_t pid, bool alive) {
    const auto found = known_.find(pid);
    if (found == known_.end()) return false;
    const auto now = read_process(pid);
    return now ? now->start == found->second.start : !alive;
  };
  return still(entry.parent, true) || still(entry.group, false) || still(entry.session, false) ||
         run_of(entry.pid) == run_;
}

// Holds all of them, each as soon as it is seen: who passes itself on by fork would be gone a moment later. A
// new one has a higher number, and is met by the same walk. True if there were new ones.
bool Descendants::hold() {
  for (const auto& [pid, known] : known_) tell(known, pid, SIGSTOP);
  bool more = false;
  each_process([&](pid_t pid) {
    if (pid == ::getpid() || pid <= 1 || known_.count(pid) != 0) return true;
    const auto entry = read_process(pid);
    if (!entry || entry->zombie() || !is_ours(*entry) || !add(pid, entry->start)) return true;
    tell(known_.at(pid), pid, SIGSTOP);
    return more = true;
  });
  return more;
}

void Descendants::kill() {
  if (nobody_ != 0) return;  // nobody to be killed, as far as is known
  // One that never had others is not walked for: gone() looks whether it has now.
  if (known_.size() > 1 || killed_) {
    for (int round = 0; round < kRounds && hold(); ++round) {
    }
  }
  if (!scope_.empty()) (void)kill_scope(scope_);
  for (const auto& [pid, known] : known_) tell(known, pid, SIGKILL);
  killed_ = true;
  since_ = system_clock().monotonic();
}

// Looks only at those known, by their descriptors where there are some.
bool Descendants::known_run() const {
  std::vector<pollfd> ends;
  for (const auto& [pid, known] : known_) {
    if (known.pidfd) {
      ends.push_back({known.pidfd.get(), POLLIN, 0});
    } else if (known.start != 0) {
      const auto now = read_process(pid);
      if (now && now->start == known.start && !now->zombie()) return true;
    }
  }
  if (!ends.empty()) (void)::poll(ends.data(), ends.size(), 0);
  return std::any_of(ends.begin(), ends.end(), [](const pollfd& end) { return end.revents == 0; });
}

bool Descendants::gone() {
  if (known_run()) {
    nobody_ = 0;
    return false;
  }
  if (look() || known_run()) {
    nobody_ = 0;
    return false;
  }
  if (!table_->complete()) return true;  // no /proc: nobody else is to be found
  // One walk may miss who was forked behind its back by one who has ended since.
  return ++nobody_ >= 2;
}

}  // namespace bus::process
