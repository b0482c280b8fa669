#include "core/plugin/child_seccomp.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace bus::plugin {

#if defined(__x86_64__)
namespace {

constexpr std::uint32_t kX32 = 0x40000000u;  // numbers of the x32 ABI have this bit
constexpr std::uint32_t kForbid = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;

// What this file has thought about: mseal of Linux 6.10. Programs do without what is newer.
constexpr std::uint32_t kNewestCall = 462;
constexpr int kChmodAt2 = 452;

// What no plugin needs: other programs and processes, the machine's set-up, and ways around this filter.
constexpr int kForbidden[] = {
    SYS_execve, SYS_execveat, SYS_fork, SYS_vfork, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
    SYS_process_madvise, SYS_process_mrelease, SYS_kcmp, SYS_pidfd_open, SYS_pidfd_getfd,
    SYS_pidfd_send_signal, SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_setsid, SYS_setpgid,
    SYS_move_pages, SYS_migrate_pages, SYS_ioprio_set,
    // The machine.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_open_tree, SYS_move_mount, SYS_fsopen,
    SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_unshare, SYS_setns, SYS_kexec_load,
    SYS_kexec_file_load, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup,
    SYS_io_uring_enter, SYS_io_uring_register, SYS_init_module, SYS_finit_module, SYS_delete_module,
    SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
    SYS_adjtimex, SYS_sethostname, SYS_setdomainname, SYS_syslog, SYS_quotactl, SYS_quotactl_fd, SYS_vhangup,
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_personality,
    // What others share.
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_shmget, SYS_shmat, SYS_shmctl, SYS_msgget, SYS_msgsnd,
    SYS_msgrcv, SYS_msgctl, SYS_semget, SYS_semop, SYS_semtimedop, SYS_semctl, SYS_mq_open, SYS_mq_unlink,
    // Files, past Landlock, which knows nothing of modes, owners, times and attributes, nor, before its third
    // ABI, of lengths.
    SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_fanotify_init, SYS_memfd_create, SYS_memfd_secret,
    SYS_mknod, SYS_mknodat, SYS_chmod, SYS_fchmodat, kChmodAt2, SYS_chown, SYS_lchown, SYS_fchownat,
    SYS_setxattr, SYS_lsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_utime, SYS_utimes, SYS_futimesat,
    SYS_truncate,
    // Other users.
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setgroups,
    SYS_capset};

// What makes, changes and removes files by their names.
constexpr int kWriting[] = {SYS_creat,    SYS_mkdir,   SYS_mkdirat,  SYS_rmdir,     SYS_unlink,
                            SYS_unlinkat, SYS_rename,  SYS_renameat, SYS_renameat2, SYS_link,
                            SYS_linkat,   SYS_symlink, SYS_symlinkat};
constexpr std::uint32_t kWritingFlags = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;

// What mapping a library takes, an answer, and an orderly or disorderly end.
constexpr int kMapping[] = {SYS_read,
                            SYS_pread64,
                            SYS_readv,
                            SYS_write,
                            SYS_writev,
                            SYS_sendmsg,
                            SYS_sendto,
                            SYS_close,
                            SYS_fstat,
                            SYS_stat,
                            SYS_lstat,
                            SYS_newfstatat,
                            SYS_lseek,
                            SYS_access,
                            SYS_faccessat,
                            SYS_faccessat2,
                            SYS_readlink,
                            SYS_readlinkat,
                            SYS_getcwd,
                            SYS_mmap,
                            SYS_mprotect,
                            SYS_munmap,
                            SYS_mremap,
                            SYS_madvise,
                            SYS_brk,
                            SYS_futex,
                            SYS_getrandom,
                            SYS_clock_gettime,
                            SYS_gettimeofday,
                            SYS_rt_sigaction,
                            SYS_rt_sigprocmask,
                            SYS_rt_sigreturn,
                            SYS_getpid,
                            SYS_gettid,
                            SYS_getuid,
                            SYS_geteuid,
                            SYS_getgid,
                            SYS_getegid,
                            SYS_sched_getaffinity,
                            SYS_sysinfo,
                            SYS_uname,
                            SYS_exit,
                            SYS_exit_group,
                            SYS_restart_syscall};

class Program {
 public:
  // Begins with what every filter must refuse: another architecture's numbers. The number is loaded.
  Program() {
    load(offsetof(seccomp_data, arch));
    if_not_equal(AUDIT_ARCH_X86_64, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
    if_any_bit(kX32, SECCOMP_RET_KILL_PROCESS);
  }
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)); }
  // Ends with `verdict` if the loaded word is `value`.
  void if_equal(std::uint32_t value, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
    end(verdict);
  }
  void if_not_equal(std::uint32_t value, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value);
    end(verdict);
  }
  void if_above(std::uint32_t value, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JGT | BPF_K, 0, 1, value);
    end(verdict);
  }
  void keep_bits(std::uint32_t bits) { add(BPF_ALU | BPF_AND | BPF_K, 0, 0, bits); }
  void if_any_bit(std::uint32_t bits, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JSET | BPF_K, 0, 1, bits);
    end(verdict);
  }
  void end(std::uint32_t verdict) { add(BPF_RET | BPF_K, 0, 0, verdict); }

  // If the loaded word is `number`: what `then` adds decides, and it must end in every case. Else goes on.
  template <class Then>
  void call(int number, Then then) {
    const std::size_t jump = code_.size();
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, static_cast<std::uint32_t>(number));
    then(*this);
    code_[jump].jf = static_cast<std::uint8_t>(code_.size() - jump - 1);
  }

  Result<bool> install() const {
    const sock_fprog program{static_cast<unsigned short>(code_.size()),
                             const_cast<sock_filter*>(code_.data())};
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0) return true;
    if (errno == EINVAL || errno == ENOSYS) return false;
    return system_error("installing the filter of system calls", errno);
  }

 private:
  void add(int code, std::uint8_t yes, std::uint8_t no, std::uint32_t k) {
    code_.push_back({static_cast<std::uint16_t>(code), yes, no, k});
  }
  std::vector<sock_filter> code_;
};

// The low half of argument `index`; the high one is 4 further.
constexpr std::size_t argument(std::size_t index) {
  return offsetof(seccomp_data, args) + index * sizeof(std::uint64_t);
}

// That call only where its argument `index` is one of those.
void restrict(Program& out, int number, std::size_t index, std::initializer_list<std::uint32_t> allowed) {
  out.call(number, [&](Program& body) {
    body.load(argument(index));
    for (const std::uint32_t value : allowed) body.if_equal(value, SECCOMP_RET_ALLOW);
    body.end(kForbid);
  });
}

// And that one only where it is none of those.
void restrict_not(Program& out, int number, std::size_t index,
                  std::initializer_list<std::uint32_t> forbidden) {
  out.call(number, [&](Program& body) {
    body.load(argument(index));
    for (const std::uint32_t value : forbidden) body.if_equal(value, kForbid);
    body.end(SECCOMP_RET_ALLOW);
  });
}

void restrict_sockets(Program& out, const CallRules& rules) {
  out.call(SYS_socket, [&](Program& body) {
    body.load(argument(0));
    if (rules.unix_sockets) body.if_equal(AF_UNIX, SECCOMP_RET_ALLOW);
    if (rules.network) {
      body.if_equal(AF_INET, SECCOMP_RET_ALLOW);
      body.if_equal(AF_INET6, SECCOMP_RET_ALLOW);
      // The name service asks it which addresses the machine has.
      body.if_equal(AF_NETLINK, SECCOMP_RET_ALLOW);
    }
    body.end(kForbid);
  });
  if (rules.unix_sockets) return;
  // An end of a pair of datagram sockets can be connected to any other.
  out.call(SYS_socketpair, [](Program& body) {
    constexpr std::uint32_t kTypeBits = 0xf;
    body.load(argument(1));
    body.keep_bits(kTypeBits);
    body.if_equal(SOCK_STREAM, SECCOMP_RET_ALLOW);
    body.if_equal(SOCK_SEQPACKET, SECCOMP_RET_ALLOW);
    body.end(kForbid);
  });
}

// Signals, bounds and scheduling are its own affair only; and it dies with the host.
void restrict_processes(Program& out) {
  const auto own = static_cast<std::uint32_t>(::getpid());
  for (const int number : {SYS_kill, SYS_tgkill}) restrict(out, number, 0, {own});
  for (const int number : {SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_setattr, SYS_sched_setparam,
                           SYS_sched_setscheduler}) {
    restrict(out, number, 0, {0, own});
  }
  out.call(SYS_setpriority, [&](Program& body) {
    body.load(argument(0));
    body.if_not_equal(PRIO_PROCESS, kForbid);
    body.load(argument(1));
    body.if_equal(0, SECCOMP_RET_ALLOW);
    body.if_equal(own, SECCOMP_RET_ALLOW);
    body.end(kForbid);
  });
  // A descriptor can signal its owner, with any signal.
  restrict_not(out, SYS_fcntl, 1, {F_SETOWN, F_SETOWN_EX, F_SETSIG});
  // TIOCSTI and TIOCLINUX push bytes into a terminal: that would be typing in the user's name.
  restrict_not(out, SYS_ioctl, 1, {FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX});
  restrict_not(out, SYS_prctl, 0, {PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_PTRACER});
  // Threads, but no processes. clone3's flags are out of reach of a filter: the C library then takes clone.
  out.call(SYS_clone, [](Program& body) {
    body.load(argument(0));
    body.if_any_bit(CLONE_THREAD, SECCOMP_RET_ALLOW);
    body.end(kForbid);
  });
  out.if_equal(SYS_clone3, kUnknown);
}

// Of opening files: only to read what is there.
void restrict_opening(Program& out) {
  for (const auto& [number, index] : {std::pair<int, std::size_t>{SYS_open, 1}, {SYS_openat, 2}}) {
    out.call(number, [index = index](Program& body) {
      body.load(argument(index));
      body.if_any_bit(kWritingFlags, kForbid);
      body.end(SECCOMP_RET_ALLOW);
    });
  }
  out.if_equal(SYS_openat2, kUnknown);  // its flags are out of reach, as those of clone3
}

void restrict_paths(Program& out, const CallRules& rules) {
  // Times may be set of what is open, which is what no name says.
  out.call(SYS_utimensat, [](Program& body) {
    constexpr std::size_t kHigh = sizeof(std::uint32_t);
    for (const std::size_t half : {std::size_t{0}, kHigh}) {
      body.load(argument(1) + half);
      body.if_not_equal(0, kForbid);
    }
    body.end(SECCOMP_RET_ALLOW);
  });
  if (!rules.watches) out.if_equal(SYS_inotify_add_watch, kForbid);
  if (rules.writes) return;
  for (const int number : kWriting) out.if_equal(static_cast<std::uint32_t>(number), kForbid);
  restrict_opening(out);
}

}  // namespace

Result<bool> filter_calls(const CallRules& rules) {
  Program out;
  out.if_above(kNewestCall, kUnknown);
  for (const int number : kForbidden) out.if_equal(static_cast<std::uint32_t>(number), kForbid);
  restrict_processes(out);
  restrict_sockets(out, rules);
  restrict_paths(out, rules);
  out.end(SECCOMP_RET_ALLOW);
  return out.install();
}

Result<bool> filter_all_but_mapping() {
  Program out;
  for (const int number : kMapping) out.if_equal(static_cast<std::uint32_t>(number), SECCOMP_RET_ALLOW);
  restrict(out, SYS_tgkill, 0, {static_cast<std::uint32_t>(::getpid())});
  restrict_opening(out);
  out.end(kForbid);
  return out.install();
}

#else

Result<bool> filter_calls(const CallRules&) {
  return false;
}

Result<bool> filter_all_but_mapping() {
  return false;
}

#endif

}  // namespace bus::plugin
