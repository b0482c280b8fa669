#include "core/process/exec_child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

// Raw system calls throughout: what libraries put around them (sanitizers most of all) keeps books in memory
// that is still the parent's.
namespace bus::process {
namespace {

constexpr int kLastSignal = 64;
constexpr std::size_t kKernelMask = 8;  // bytes of the kernel's signal set

bool ok(long result) {
  return result >= 0;
}

bool join_group(Group group) {
  if (group == Group::session) return ok(::syscall(SYS_setsid));
  if (group == Group::own) return ok(::syscall(SYS_setpgid, 0, 0));
  return true;
}

// Closes all on exec, then lifts what is kept above all targets and puts it in place, so that no move
// overwrites the source of another.
bool place_descriptors(const ExecJob& job) {
  if (!ok(::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC))) return false;
  for (std::size_t i = 0; i < job.move_count; ++i) {
    const long lifted = ::syscall(SYS_fcntl, job.moves[i].from, F_DUPFD_CLOEXEC, job.above);
    if (!ok(lifted)) return false;
    job.moves[i].from = static_cast<int>(lifted);
  }
  for (std::size_t i = 0; i < job.move_count; ++i) {
    if (!ok(::syscall(SYS_dup3, job.moves[i].from, job.moves[i].to, 0))) return false;
  }
  return true;
}

bool set_limits(const ExecJob& job) {
  for (std::size_t i = 0; i < job.limit_count; ++i) {
    const std::uint64_t pair[2] = {job.limits[i].soft, job.limits[i].hard};
    if (!ok(::syscall(SYS_prlimit64, 0, job.limits[i].resource, pair, nullptr))) return false;
  }
  return true;
}

// First the dispositions, then the mask: no handler of the parent's may run here.
bool default_signals() {
  const unsigned long by_default[8] = {};  // a kernel sigaction of zeros is SIG_DFL
  for (int signal = 1; signal <= kLastSignal; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    if (!ok(::syscall(SYS_rt_sigaction, signal, by_default, nullptr, kKernelMask))) return false;
  }
  const std::uint64_t none = 0;
  return ok(::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, kKernelMask));
}

}  // namespace

int exec_child(void* argument) {
  ExecJob& job = *static_cast<ExecJob*>(argument);
  const auto failed = [&job](ExecJob::Step step) {
    job.failure = errno;
    job.failed_at = step;
    return 127;
  };
  if (!join_group(job.group)) return failed(ExecJob::Step::group);
  if (job.set_umask) ::syscall(SYS_umask, job.umask);
  if (job.cwd != nullptr && !ok(::syscall(SYS_chdir, job.cwd))) return failed(ExecJob::Step::folder);
  if (!place_descriptors(job)) return failed(ExecJob::Step::descriptors);
  if (!set_limits(job)) return failed(ExecJob::Step::limits);
  if (!default_signals()) return failed(ExecJob::Step::signals);
  ::syscall(SYS_execve, job.path, job.argv, job.env);
  return failed(ExecJob::Step::exec);
}

}  // namespace bus::process
