#include "core/plugin/describe_child.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <vector>

#include "core/base/file.h"
#include "core/json/writer.h"
#include "core/plugin/describe.h"
#include "core/plugin/loader.h"
#include "core/wire/message.h"

namespace bus::plugin {
namespace {

// What mapping a library takes, and an orderly or disorderly end.
constexpr int kAllowed[] = {SYS_read,
                            SYS_pread64,
                            SYS_readv,
                            SYS_write,
                            SYS_writev,
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
                            SYS_tgkill,
                            SYS_exit,
                            SYS_exit_group,
                            SYS_restart_syscall};
// Of openat: only reading what is there.
constexpr std::uint32_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;

std::vector<sock_filter> make_filter() {
  const sock_filter deny = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  const sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const auto load = [](std::size_t offset) -> sock_filter {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  };
  std::vector<sock_filter> filter = {
      load(offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      load(offsetof(seccomp_data, nr)),
  };
  for (const int number : kAllowed) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
    filter.push_back(allow);
  }
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 1, 0));
  filter.push_back(deny);
  filter.push_back(load(offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t)));
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kWriting, 0, 1));
  filter.push_back(deny);
  filter.push_back(allow);
  return filter;
}

void write_options(json::Writer& out, const Descriptor& descriptor) {
  static constexpr std::array<std::string_view, 9> kTypes = {
      "string", "integer", "boolean", "duration", "size", "path", "list", "choice", "paths"};
  out.key("options").begin_array();
  for (const OptionInfo& option : descriptor.options) {
    out.begin_object().member("name", option.name);
    out.member("type", kTypes[static_cast<std::size_t>(option.type)]).member("help", option.help);
    if (!option.choices.empty()) {
      out.key("choices").begin_array();
      for (const std::string& word : option.choices) out.string(word);
      out.end_array();
    }
    if (option.has_default) out.member("default", option.fallback);
    if (option.required) out.member("required", true);
    if (option.secret) out.member("secret", true);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

Status give_up_abilities() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_error("no_new_privs", errno);
  std::vector<sock_filter> filter = make_filter();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0 && errno != EINVAL && errno != ENOSYS)
    return system_error("seccomp", errno);
  return Ok{};
}

namespace {

std::string description_of(const Descriptor& descriptor) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("name", descriptor.name).member("role", name(descriptor.role));
  out.member("version", descriptor.version).member("summary", descriptor.summary);
  out.member("abi", std::to_string(BUS_ABI_MAJOR) + "." + std::to_string(descriptor.abi_minor));
  out.key("event_types").begin_array();
  for (const std::string& type : descriptor.event_types) out.string(type);
  out.end_array();
  write_options(out, descriptor);
  out.end_object();
  return text;
}

Result<std::string> describe_it() {
  if (Status given = give_up_abilities(); !given) return std::move(given).error();
  const auto plugin = load(GatedFile{UniqueFd(kDescribedFd), "the library", {}});
  if (!plugin) return plugin.error();
  return description_of((*plugin)->descriptor);
}

}  // namespace

void describe_here() {
  auto answer = describe_it();
  std::string failure;
  if (!answer) {
    json::Writer out(failure);
    out.begin_object().key("error");
    wire::write_error(out, answer.error());
    out.end_object();
  }
  (void)write_all(1, answer ? *answer : failure);
  ::_exit(0);  // without the library's destructors
}

}  // namespace bus::plugin
