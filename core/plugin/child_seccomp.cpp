#include "core/plugin/child_seccomp.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bus::plugin {

#if defined(__x86_64__)
namespace {

constexpr std::uint32_t kX32 = 0x40000000u;  // numbers of the x32 ABI have this bit
constexpr std::uint32_t kForbid = SECCOMP_RET_ERRNO | EPERM;

// What no plugin needs: other programs and processes, the machine's set-up, and ways around this filter.
constexpr int kForbidden[] = {SYS_execve,
                              SYS_execveat,
                              SYS_fork,
                              SYS_vfork,
                              SYS_ptrace,
                              SYS_process_vm_readv,
                              SYS_process_vm_writev,
                              SYS_process_madvise,
                              SYS_kcmp,
                              SYS_pidfd_open,
                              SYS_pidfd_getfd,
                              SYS_pidfd_send_signal,
                              SYS_tkill,
                              SYS_rt_sigqueueinfo,
                              SYS_rt_tgsigqueueinfo,
                              SYS_setsid,
                              SYS_setpgid,
                              SYS_mount,
                              SYS_umount2,
                              SYS_pivot_root,
                              SYS_chroot,
                              SYS_open_tree,
                              SYS_move_mount,
                              SYS_fsopen,
                              SYS_fsconfig,
                              SYS_fsmount,
                              SYS_fspick,
                              SYS_mount_setattr,
                              SYS_unshare,
                              SYS_setns,
                              SYS_kexec_load,
                              SYS_kexec_file_load,
                              SYS_bpf,
                              SYS_perf_event_open,
                              SYS_userfaultfd,
                              SYS_io_uring_setup,
                              SYS_io_uring_enter,
                              SYS_io_uring_register,
                              SYS_init_module,
                              SYS_finit_module,
                              SYS_delete_module,
                              SYS_reboot,
                              SYS_swapon,
                              SYS_swapoff,
                              SYS_acct,
                              SYS_settimeofday,
                              SYS_clock_settime,
                              SYS_clock_adjtime,
                              SYS_adjtimex,
                              SYS_sethostname,
                              SYS_setdomainname,
                              SYS_syslog,
                              SYS_quotactl,
                              SYS_keyctl,
                              SYS_add_key,
                              SYS_request_key,
                              SYS_iopl,
                              SYS_ioperm,
                              SYS_modify_ldt,
                              SYS_personality,
                              SYS_open_by_handle_at,
                              SYS_name_to_handle_at,
                              SYS_fanotify_init,
                              SYS_memfd_create,
                              SYS_memfd_secret,
                              SYS_shmget,
                              SYS_shmat,
                              SYS_msgget,
                              SYS_semget,
                              SYS_mq_open,
                              SYS_mknod,
                              SYS_mknodat,
                              SYS_setuid,
                              SYS_setgid,
                              SYS_setreuid,
                              SYS_setregid,
                              SYS_setresuid,
                              SYS_setresgid,
                              SYS_setgroups,
                              SYS_capset,
                              SYS_vhangup};

class Program {
 public:
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

// The low half of argument `index`.
constexpr std::size_t argument(std::size_t index) {
  return offsetof(seccomp_data, args) + index * sizeof(std::uint64_t);
}

void allow_sockets(Program& out, bool network, bool unix_sockets) {
  out.call(SYS_socket, [&](Program& body) {
    body.load(argument(0));
    if (unix_sockets) body.if_equal(AF_UNIX, SECCOMP_RET_ALLOW);
    if (network) {
      body.if_equal(AF_INET, SECCOMP_RET_ALLOW);
      body.if_equal(AF_INET6, SECCOMP_RET_ALLOW);
      // The name service asks it which addresses the machine has.
      body.if_equal(AF_NETLINK, SECCOMP_RET_ALLOW);
    }
    body.end(kForbid);
  });
}

// Signals to itself only.
void restrict_signals(Program& out) {
  const auto own = static_cast<std::uint32_t>(::getpid());
  for (const int number : {SYS_kill, SYS_tgkill}) {
    out.call(number, [&](Program& body) {
      body.load(argument(0));
      body.if_equal(own, SECCOMP_RET_ALLOW);
      body.end(kForbid);
    });
  }
  out.call(SYS_prlimit64, [&](Program& body) {
    body.load(argument(0));
    body.if_equal(0, SECCOMP_RET_ALLOW);
    body.if_equal(own, SECCOMP_RET_ALLOW);
    body.end(kForbid);
  });
}

}  // namespace

Result<bool> filter_calls(bool network, bool unix_sockets) {
  Program out;
  out.load(offsetof(seccomp_data, arch));
  out.if_not_equal(AUDIT_ARCH_X86_64, SECCOMP_RET_KILL_PROCESS);
  out.load(offsetof(seccomp_data, nr));
  out.if_any_bit(kX32, SECCOMP_RET_KILL_PROCESS);
  for (const int number : kForbidden) out.if_equal(static_cast<std::uint32_t>(number), kForbid);
  // Threads, but no processes. clone3's flags are out of reach of a filter: the C library then takes clone.
  out.call(SYS_clone, [](Program& body) {
    body.load(argument(0));
    body.if_any_bit(CLONE_THREAD, SECCOMP_RET_ALLOW);
    body.end(kForbid);
  });
  out.if_equal(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
  // Pushing bytes into a terminal would be typing in the user's name.
  out.call(SYS_ioctl, [](Program& body) {
    body.load(argument(1));
    body.if_equal(TIOCSTI, kForbid);
    body.end(SECCOMP_RET_ALLOW);
  });
  allow_sockets(out, network, unix_sockets);
  restrict_signals(out);
  out.end(SECCOMP_RET_ALLOW);
  return out.install();
}

#else

Result<bool> filter_calls(bool, bool) {
  return false;
}

#endif

}  // namespace bus::plugin
