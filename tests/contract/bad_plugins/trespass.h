// What a plugin in a process of its own may try in order to reach what is not its own.
#pragma once

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

namespace bad {

// A word for everything that it got hold of.
class Trespass {
 public:
  // `path` is a file of somebody else's, `socket` a unix socket of theirs.
  std::string run(const std::string& path, const std::string& socket) {
    try_own_process();  // first: what it opens itself is no find
    try_file(path);
    try_names(path);
    try_host();
    try_sockets(socket);
    try_programs();
    return got_.empty() ? "nothing" : got_.substr(1);
  }

 private:
  void note(bool got, const char* what) {
    if (got) got_.append(" ").append(what);
  }

  void try_file(const std::string& path) {
    note(::open(path.c_str(), O_RDONLY) >= 0, "read");
    note(::open(path.c_str(), O_WRONLY) >= 0, "write");
    note(::open((path + ".new").c_str(), O_WRONLY | O_CREAT, 0600) >= 0, "create");
    note(::truncate(path.c_str(), 0) == 0, "truncate");
    note(::chmod(path.c_str(), 0777) == 0, "chmod");
    note(::syscall(SYS_fchmodat, AT_FDCWD, path.c_str(), 0777) == 0, "fchmodat");
    note(::chown(path.c_str(), ::getuid(), ::getgid()) == 0, "chown");
    note(::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0, "touch");
  }

  void try_names(const std::string& path) {
    const std::string folder = path.substr(0, path.rfind('/'));
    note(::opendir(folder.c_str()) != nullptr, "list");
    note(::inotify_add_watch(::inotify_init(), folder.c_str(), IN_ALL_EVENTS) >= 0, "watch");
    note(::mkdir((path + ".folder").c_str(), 0700) == 0, "mkdir");
    note(::symlink("/", (path + ".link").c_str()) == 0, "symlink");
    note(::link(path.c_str(), (path + ".hard").c_str()) == 0, "link");
    note(::rename(path.c_str(), (path + ".moved").c_str()) == 0, "rename");
    note(::unlink(path.c_str()) == 0, "unlink");
  }

  // The host is its parent.
  void try_host() {
    const pid_t host = ::getppid();
    const std::string proc = "/proc/" + std::to_string(host);
    note(::open((proc + "/mem").c_str(), O_RDWR) >= 0, "memory");
    note(::open((proc + "/mem").c_str(), O_RDONLY) >= 0, "memory-read");
    note(::open((proc + "/environ").c_str(), O_RDONLY) >= 0, "environment-of-host");
    note(::opendir((proc + "/fd").c_str()) != nullptr, "descriptors-of-host");
    note(::ptrace(PTRACE_ATTACH, host, nullptr, nullptr) == 0, "ptrace");
    char byte = 0;
    iovec here{&byte, 1}, there{&got_, 1};
    note(::process_vm_readv(host, &here, 1, &there, 1, 0) >= 0, "vm-read");
    const long held = ::syscall(SYS_pidfd_open, host, 0);
    note(held >= 0, "pidfd");
    note(::kill(host, 0) == 0, "signal");
    note(::kill(0, 0) == 0, "signal-to-group");
    note(::syscall(SYS_tgkill, host, host, 0) == 0, "signal-to-thread");
    int ends[2] = {-1, -1};
    (void)!::pipe(ends);
    note(::fcntl(ends[0], F_SETOWN, host) == 0, "signal-by-descriptor");
    note(::setpriority(PRIO_PROCESS, static_cast<id_t>(host), 19) == 0, "priority");
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(0, &cpus);
    note(::sched_setaffinity(host, sizeof cpus, &cpus) == 0, "affinity");
    rlimit files{};
    note(::prlimit(host, RLIMIT_NOFILE, nullptr, &files) == 0, "limits");
  }

  void try_sockets(const std::string& socket) {
    sockaddr_un there{};
    there.sun_family = AF_UNIX;
    std::strncpy(there.sun_path, socket.c_str(), sizeof there.sun_path - 1);
    const int peer = ::socket(AF_UNIX, SOCK_STREAM, 0);
    note(peer >= 0, "unix-socket");
    note(::connect(peer, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0, "connect");
    int pair[2] = {-1, -1};
    note(::socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "datagrams");
    note(::socket(AF_INET, SOCK_STREAM, 0) >= 0, "inet");
    note(::socket(AF_NETLINK, SOCK_RAW, 0) >= 0, "netlink");
  }

  void try_programs() {
    note(::fork() >= 0, "fork");
    ::execl("/bin/true", "true", nullptr);
    note(::unshare(CLONE_NEWUSER) == 0, "namespace");
    note(::syscall(SYS_memfd_create, "program", 0) >= 0, "memfd");
  }

  // What it was given, and what keeps it.
  void try_own_process() {
    note(std::getenv("HOME") != nullptr || std::getenv("BUS_CONFIG_DIR") != nullptr, "environment");
    for (int fd = 5; fd < 256; ++fd) note(is_a_file(fd), "descriptor");
    note(::prctl(PR_SET_DUMPABLE, 1) == 0, "dumpable");
    note(::prctl(PR_SET_PDEATHSIG, 0) == 0, "outlive");
    note(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1, "privileges");
    rlimit none{};
    ::getrlimit(RLIMIT_CORE, &none);
    note(none.rlim_max != 0, "core");
  }

  static bool is_a_file(int fd) {
    struct stat info;
    return ::fstat(fd, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) && info.st_nlink != 0;
  }

  std::string got_;
};

}  // namespace bad
