#include "core/cli/signals.h"

#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>

namespace bus::cli {
namespace {

sigset_t taken() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Result<Signals> Signals::take() {
  const sigset_t set = taken();
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return system_error("signalfd", errno);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return Signals(std::move(fd));
}

Signals::~Signals() {
  if (!fd_) return;
  const sigset_t set = taken();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

int Signals::next() const {
  signalfd_siginfo info{};
  return ::read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

}  // namespace bus::cli
