#include "core/plugin/child_sandbox.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/unique_fd.h"
#include "core/plugin/child_seccomp.h"

// The sanitizers' shadow memory alone is larger than any bound.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BUS_SHADOWED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BUS_SHADOWED 1
#endif
#endif

namespace bus::plugin {
namespace {

constexpr std::uint64_t kAccessTruncate = 1u << 14;  // since Landlock ABI 3
constexpr std::uint64_t kAccessRead =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kAccessFirst = (std::uint64_t{LANDLOCK_ACCESS_FS_MAKE_SYM} << 1) - 1;  // all of ABI 1
constexpr std::uint64_t kAccessOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                         LANDLOCK_ACCESS_FS_READ_FILE | kAccessTruncate;

// What every program needs to read: libraries, certificates, names and zones; and nobody's own files.
constexpr const char* kReadable[] = {"/usr",
                                     "/lib",
                                     "/lib64",
                                     "/etc/ld.so.cache",
                                     "/etc/ssl",
                                     "/etc/pki",
                                     "/etc/resolv.conf",
                                     "/etc/hosts",
                                     "/etc/nsswitch.conf",
                                     "/etc/host.conf",
                                     "/etc/gai.conf",
                                     "/etc/services",
                                     "/etc/protocols",
                                     "/etc/localtime",
                                     "/etc/timezone",
                                     "/etc/passwd",
                                     "/etc/group",
                                     "/etc/ca-certificates",
                                     "/etc/ca-certificates.conf",
                                     "/dev/urandom",
                                     "/dev/random",
                                     "/dev/zero",
                                     "/proc/self",
                                     "/proc/cpuinfo",
                                     "/proc/meminfo",
                                     "/proc/stat",
                                     "/sys/devices/system/cpu"};

long create_ruleset(const landlock_ruleset_attr* attributes, std::size_t size, std::uint32_t flags) {
  return ::syscall(SYS_landlock_create_ruleset, attributes, size, flags);
}

// A path that is not there allows nothing.
Status allow_path(int ruleset, const std::string& path, std::uint64_t access) {
  const UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) return Ok{};
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return system_error(path, errno);
  landlock_path_beneath_attr rule{};
  rule.parent_fd = fd.get();
  rule.allowed_access = S_ISDIR(info.st_mode) ? access : access & kAccessOfFiles;
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
    return system_error("allowing " + path, errno);
  return Ok{};
}

// False if the kernel has no Landlock.
Result<bool> restrict_files(const std::vector<std::string>& files) {
  const long abi = create_ruleset(nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return false;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kAccessFirst;
  if (abi >= 2) attributes.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) attributes.handled_access_fs |= kAccessTruncate;
  const std::uint64_t all = attributes.handled_access_fs;
  const UniqueFd ruleset(static_cast<int>(create_ruleset(&attributes, sizeof attributes, 0)));
  if (!ruleset) return system_error("making a Landlock ruleset", errno);
  for (const char* path : kReadable) {
    if (Status allowed = allow_path(ruleset.get(), path, all & kAccessRead); !allowed)
      return std::move(allowed).error();
  }
  constexpr std::uint64_t kWriteOnly = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE;
  if (Status allowed = allow_path(ruleset.get(), "/dev/null", kWriteOnly); !allowed)
    return std::move(allowed).error();
  const std::uint64_t own =
      all & ~static_cast<std::uint64_t>(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                        LANDLOCK_ACCESS_FS_MAKE_BLOCK);
  for (const std::string& path : files) {
    if (Status allowed = allow_path(ruleset.get(), path, own); !allowed) return std::move(allowed).error();
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
    return system_error("closing Landlock", errno);
  return true;
}

Status limit(int resource, rlim_t most) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0)
    return system_error("getrlimit", errno);
  now.rlim_cur = now.rlim_max = std::min(most, now.rlim_max);
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &now) != 0)
    return system_error("setrlimit", errno);
  return Ok{};
}

// Of root's powers nothing is left but what it owns.
Status drop_capabilities() {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capset, &head, none) != 0) return system_error("dropping capabilities", errno);
  return Ok{};
}

}  // namespace

Status limit_process([[maybe_unused]] std::uint64_t memory, bool only_look) {
  constexpr rlim_t kDescriptors = 1024, kLookSeconds = 5;
  if (Status none = limit(RLIMIT_CORE, 0); !none) return none;
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return system_error("PR_SET_DUMPABLE", errno);
  if (Status few = limit(RLIMIT_NOFILE, kDescriptors); !few) return few;
  if (only_look) {
    if (Status soon = limit(RLIMIT_CPU, kLookSeconds); !soon) return soon;
    if (Status none = limit(RLIMIT_FSIZE, 0); !none) return none;
  }
#if !defined(BUS_SHADOWED)
  constexpr rlim_t kStack = 2u << 20;
  if (Status small = limit(RLIMIT_STACK, kStack); !small) return small;
  // Private memory that can be written counts as data; the rest (shared mappings) is held by the address
  // space, most of which is this program's libraries.
  if (Status bounded = limit(RLIMIT_DATA, memory); !bounded) return bounded;
  return limit(RLIMIT_AS, 2 * memory + (rlim_t{512} << 20));
#else
  return Ok{};
#endif
}

Result<std::string> shut_in(const Allowed& allowed) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_error("PR_SET_NO_NEW_PRIVS", errno);
  if (Status dropped = drop_capabilities(); !dropped) return std::move(dropped).error();
  const auto files = restrict_files(allowed.files);
  if (!files) return files.error();
  const bool has_files = !allowed.files.empty();
  const auto calls =
      allowed.only_look
          ? filter_all_but_mapping()
          : filter_calls({allowed.network, allowed.unix_sockets, *files || has_files, has_files});
  if (!calls) return calls.error();
  std::string holds = *calls ? "seccomp" : "";
  if (*files) holds += holds.empty() ? "landlock" : ", landlock";
  return holds.empty() ? std::string("none") : holds;
}

std::string_view weakness_of(std::string_view sandbox) {
  const bool files = sandbox.find("landlock") != std::string_view::npos;
  const bool calls = sandbox.find("seccomp") != std::string_view::npos;
  if (files && calls) return {};
  if (calls)
    return "this kernel has no Landlock: it can read what you can, and change it if any files are allowed to "
           "it";
  return files
             ? "this kernel has no seccomp: it can start programs and reach sockets and processes as you can"
             : "this kernel has neither seccomp nor Landlock: it can do what you can";
}

}  // namespace bus::plugin
