#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "core/process/descendants.h"
#include "core/process/known_children.h"
#include "core/process/proc_scan.h"

namespace bus::process {
namespace {

sigset_t child_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  return set;
}

// Whether `pid` is an orphan of ours that has ended. What runs in our own group was not started by the
// spawner's programs, but by somebody here who means to wait for it.
bool ended_orphan(pid_t pid) {
  if (known_children().contains(pid)) return false;
  const auto entry = read_process(pid);
  return entry && entry->parent == ::getpid() && entry->zombie() && entry->group != ::getpgrp();
}

}  // namespace

Status become_subreaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return system_error("cannot be a subreaper", errno);
  const sigset_t set = child_signal();
  if (const int failed = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); failed != 0)
    return system_error("cannot block SIGCHLD", failed);
  return Ok{};
}

bool is_subreaper() {
  int is = 0;
  return ::prctl(PR_GET_CHILD_SUBREAPER, &is, 0, 0, 0) == 0 && is != 0;
}

Result<std::unique_ptr<Orphans>> Orphans::watch(loop::Runner& runner) {
  if (!is_subreaper()) return error(Code::fault, "this process is no subreaper");
  std::unique_ptr<Orphans> orphans(new Orphans(runner));
  const sigset_t set = child_signal();
  orphans->signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!orphans->signals_) return system_error("cannot wait for SIGCHLD", errno);
  const int fd = orphans->signals_.get();
  auto watch = runner.watch(fd, EPOLLIN, "orphans", [fd](auto, auto) {
    std::array<signalfd_siginfo, 16> told{};  // which ones is not to be trusted: the kernel keeps but one
    while (::read(fd, told.data(), sizeof told) > 0) {
    }
    reap();
  });
  if (!watch) return std::move(watch).error();
  orphans->watch_ = *watch;
  reap();
  return orphans;
}

Orphans::~Orphans() {
  if (watch_ != 0) runner_.unwatch(watch_);
}

std::size_t Orphans::reap() {
  const KnownChildren::Pause pause(known_children());
  std::size_t reaped = 0;
  // The list may miss one while another goes: until a pass finds none.
  for (std::size_t before = reaped + 1; before != reaped;) {
    before = reaped;
    for (const pid_t pid : children_of_main_thread()) {
      if (!ended_orphan(pid)) continue;
      siginfo_t info{};
      if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) == 0 && info.si_pid == pid)
        ++reaped;
    }
  }
  return reaped;
}

}  // namespace bus::process
