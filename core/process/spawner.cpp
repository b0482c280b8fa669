#include "core/process/spawner.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#include "core/base/file.h"
#include "core/process/descendants.h"
#include "core/process/descriptor_limit.h"
#include "core/process/exec_child.h"
#include "core/process/known_children.h"
#include "core/process/proc_scan.h"

// ThreadSanitizer takes clone() for a fork and then keeps the child's books in our memory. glibc's other name
// for the same function is not looked at.
#if defined(__SANITIZE_THREAD__)
#define BUS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BUS_TSAN 1
#endif
#endif
#if defined(BUS_TSAN)
extern "C" int __clone(int (*run)(void*), void* stack, int flags, void* argument, ...);
#define clone __clone
#endif

#if defined(__SANITIZE_ADDRESS__)
#define BUS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BUS_ASAN 1
#endif
#endif
#if defined(BUS_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace bus::process {
namespace {

constexpr std::size_t kStack = std::size_t{64} * 1024;

// AddressSanitizer marks the frames of a function when it is entered, and takes the marks away when it
// returns. exec_child() does not return where it succeeds, and what is mapped at its address next would be
// marked still.
void unmark([[maybe_unused]] void* stack) {
#if defined(BUS_ASAN)
  ASAN_UNPOISON_MEMORY_REGION(stack, kStack);
#endif
}

// The child's stack until execve.
class Stack {
 public:
  Stack()
      : base_(::mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1,
                     0)) {}
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack() {
    if (!ok()) return;
    unmark(base_);
    ::munmap(base_, kStack);
  }
  bool ok() const { return base_ != MAP_FAILED; }
  void* top() const { return static_cast<char*>(base_) + kStack; }

 private:
  void* base_;
};

// Blocks every signal, also those that libc keeps for itself and pthread_sigmask() leaves out.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    const std::uint64_t all = ~std::uint64_t{0};
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before_, sizeof all);
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, sizeof before_); }

 private:
  std::uint64_t before_ = 0;
};

// The pointers that execve wants. Valid while `strings` lives.
std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (const std::string& text : strings) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

Status check(const Program& program) {
  if (!program.path.starts_with('/')) return error(Code::invalid, "a program needs an absolute path");
  if (program.argv.empty()) return error(Code::invalid, "a program needs its name as first argument");
  if (std::any_of(program.argv.begin(), program.argv.end(), has_nul) || has_nul(program.path) ||
      std::any_of(program.env.begin(), program.env.end(), has_nul) || has_nul(program.cwd)) {
    return error(Code::invalid, "an argument, variable or path of a program cannot contain NUL");
  }
  return Ok{};
}

Result<UniqueFd> in_memory(std::string_view bytes) {
  UniqueFd fd(::memfd_create("bus-stdin", MFD_CLOEXEC));
  if (!fd) return system_error("memory for stdin", errno);
  if (Status written = write_all(fd.get(), bytes); !written)
    return std::move(written).error().in("memory for stdin");
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return system_error("memory for stdin", errno);
  return fd;
}

// The descriptors of a program, and those that are opened for it and closed again in the parent.
struct Descriptors {
  std::vector<ExecJob::Move> moves;
  int above = 3;
  UniqueFd null;
  UniqueFd input;

  void move(int from, int to) {
    moves.push_back({from, to});
    above = std::max(above, to + 1);
  }
  Result<int> dev_null() {
    if (!null) null.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) return system_error("/dev/null", errno);
    return null.get();
  }
  Status output(const Output& output, int to) {
    if (output.kind == Output::Kind::fd) move(output.fd, to);
    if (output.kind != Output::Kind::null) return Ok{};
    auto fd = dev_null();
    if (!fd) return std::move(fd).error();
    move(*fd, to);
    return Ok{};
  }
  Status stdin_from(const Input& in) {
    if (in.kind == Input::Kind::inherit) return Ok{};
    if (in.kind == Input::Kind::bytes) {
      auto fd = in_memory(in.bytes);
      if (!fd) return std::move(fd).error();
      input = std::move(*fd);
      move(input.get(), 0);
      return Ok{};
    }
    auto fd = in.kind == Input::Kind::null ? dev_null() : Result<int>(in.fd);
    if (!fd) return std::move(fd).error();
    move(*fd, 0);
    return Ok{};
  }
};

Result<Descriptors> arrange(const Program& program) {
  Descriptors all;
  if (Status s = all.stdin_from(program.in); !s) return std::move(s).error();
  if (Status s = all.output(program.out, 1); !s) return std::move(s).error();
  if (Status s = all.output(program.err, 2); !s) return std::move(s).error();
  for (const KeptFd& kept : program.keep) all.move(kept.from, kept.to);
  return all;
}

// The program's own limits come last and win.
std::vector<Limit> limits_of(const Program& program) {
  std::vector<Limit> limits;
  limits.reserve(program.limits.size() + 1);
  if (const auto given = descriptor_limit_of_programs())
    limits.push_back({RLIMIT_NOFILE, given->rlim_cur, given->rlim_max});
  limits.insert(limits.end(), program.limits.begin(), program.limits.end());
  return limits;
}

// What a step that failed in the child means for the caller.
Error explain(const ExecJob& job, const Program& program) {
  const int why = job.failure;
  switch (job.failed_at) {
    case ExecJob::Step::exec: {
      if (why == ENOEXEC) {
        return error(Code::invalid, program.path + ": not a program this machine can run",
                     "a script needs a first line such as #!/bin/sh");
      }
      Error failure = system_error("cannot run " + program.path, why);
      if (why == ENOENT) failure.hint = "the program, or the interpreter its first line names, is not there";
      if (failure.code != Code::not_found && failure.code != Code::unavailable) failure.code = Code::denied;
      return failure;
    }
    case ExecJob::Step::folder: {
      Error failure = system_error("cannot enter " + program.cwd, why);
      if (failure.code == Code::not_found)
        failure.code = Code::invalid;  // the program itself is not what is missing
      return failure;
    }
    case ExecJob::Step::limits:
      return system_error("cannot set the limits of " + program.path, why);
    case ExecJob::Step::group:
    case ExecJob::Step::descriptors:
    case ExecJob::Step::signals:
      break;
  }
  return system_error("cannot prepare " + program.path, why);
}

class SystemSpawner final : public Spawner {
 public:
  SystemSpawner() {
    struct sigaction now {};
    if (::sigaction(SIGCHLD, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) ::signal(SIGCHLD, SIG_DFL);
  }

  Result<Child> start(const Program& program) override {
    if (Status valid = check(program); !valid) return std::move(valid).error();
    auto descriptors = arrange(program);
    if (!descriptors) return std::move(descriptors).error();
    const auto argv = pointers(program.argv);
    const auto env = pointers(program.env);
    const auto limits = limits_of(program);

    ExecJob job;
    job.path = program.path.c_str();
    job.argv = argv.data();
    job.env = env.data();
    job.cwd = program.cwd.empty() ? nullptr : program.cwd.c_str();
    job.set_umask = program.umask.has_value();
    job.umask = program.umask.value_or(0);
    job.group = program.group;
    job.limits = limits.data();
    job.limit_count = limits.size();
    job.moves = descriptors->moves.data();
    job.move_count = descriptors->moves.size();
    job.above = descriptors->above;
    auto child = clone_into(job);
    if (!child) return child;
    if (job.failure != 0) {
      (void)reap(*child);  // it has exited already
      return explain(job, program);
    }
    child->pgid = program.group == Group::ours ? 0 : child->pid;
    return child;
  }

  Result<std::optional<Exit>> reap(Child& child) override {
    if (child.exit) return child.exit;
    siginfo_t info{};
    int result = 0;
    do {
      result = ::waitid(P_PIDFD, static_cast<id_t>(child.pidfd.get()), &info, WEXITED | WNOHANG);
    } while (result != 0 && errno == EINTR);
    const int failure = result == 0 ? 0 : errno;
    if (failure == 0 && info.si_pid == 0) return std::optional<Exit>();
    known_children().reaped(child.pid);
    if (failure != 0)
      return system_error("the exit of process " + std::to_string(child.pid) + " is lost", failure);
    child.exit = info.si_code == CLD_EXITED
                     ? Exit{.code = info.si_status}
                     : Exit{.signal = info.si_status, .core = info.si_code == CLD_DUMPED};
    group_gone(child);
    return child.exit;
  }

  Status signal(const Child& child, int signal) override {
    if (child.gone) return Ok{};
    const long result = child.pgid != 0
                            ? ::kill(-child.pgid, signal)
                            : ::syscall(SYS_pidfd_send_signal, child.pidfd.get(), signal, nullptr, 0);
    if (result == 0 || errno == ESRCH) return Ok{};
    return system_error("cannot signal process " + std::to_string(child.pid), errno);
  }

  bool group_gone(Child& child) override {
    if (child.gone) return true;
    if (child.pgid == 0) return child.gone = child.exit.has_value();
    // The program itself is reaped by reap() alone.
    while (child.exit) {
      siginfo_t info{};
      const int result = ::waitid(P_PGID, static_cast<id_t>(child.pgid), &info, WEXITED | WNOHANG);
      if (result != 0 || info.si_pid == 0) break;
    }
    if (::kill(-child.pgid, 0) != 0 && errno == ESRCH) return child.gone = true;
    return child.gone = child.exit && !anyone_runs_in(child.pgid);
  }

  std::unique_ptr<Descendants> descendants(const Child& child) override {
    return child.run.empty() ? nullptr : std::make_unique<Descendants>(child.pid, child.run);
  }

 private:
  // The child shares our memory and we stand still until it has called execve or exited.
  static Result<Child> clone_into(ExecJob& job) {
    const Stack stack;
    if (!stack.ok()) return system_error("cannot start a process", errno);
    int pidfd = -1;
    pid_t pid = -1;
    int failure = 0;
    {
      KnownChildren::Starting starting(known_children());
      const AllSignalsBlocked blocked;
      pid = ::clone(exec_child, stack.top(), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &job, &pidfd);
      failure = errno;
      starting.started(pid);
    }
    if (pid < 0) return system_error("cannot start a process", failure);
    Child child;
    child.pid = pid;
    child.pidfd.reset(pidfd);
    return child;
  }
};

}  // namespace

std::unique_ptr<Descendants> Spawner::descendants(const Child&) {
  return nullptr;
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? "SIG" + std::string(name) : "SIG" + std::to_string(signal);
}

std::string Exit::text() const {
  return signal != 0 ? signal_name(signal) : "exit " + std::to_string(code);
}

Spawner& system_spawner() {
  static SystemSpawner spawner;
  return spawner;
}

}  // namespace bus::process
