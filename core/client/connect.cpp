#include "core/client/connect.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/process/program.h"
#include "core/process/spawner.h"

namespace bus::client {
namespace {

Result<std::string> own_program() {
  std::array<char, 4096> path;
  const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size());
  if (n <= 0) return system_error("cannot find our own program", errno);
  return std::string(path.data(), static_cast<std::size_t>(n));
}

// Held while a host is being started: of the clients that find none at the same moment one starts it, and the
// others find it when their turn comes.
Result<UniqueFd> take_turn(const config::Paths& paths) {
  if (Status made = config::make_folders(paths); !made) return std::move(made).error();
  const std::string path = paths.runtime + "/start.lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return system_error(path, errno);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return system_error(path, errno);
  }
  return fd;
}

// True while a host that is stopping holds the state folder.
bool is_stopping(const std::string& lock_path) {
  const UniqueFd fd(::open(lock_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd || ::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return false;
  const auto holder = read_all(fd.get(), 64);
  return holder && trim(*holder).ends_with(kStoppingMark);
}

// Returns when no host is on its way out any more; Code::unavailable if that takes too long. A lock cannot be
// waited for with a bound, so this looks again and again, for the moment that a stop takes.
Status outlast_stopping(const config::Paths& paths, milliseconds patience) {
  const Mono deadline = system_clock().monotonic() + patience;
  while (is_stopping(paths.host_lock())) {
    if (system_clock().monotonic() >= deadline)
      return error(Code::unavailable, "the last host is still stopping", "try again, or see: bus doctor");
    ::poll(nullptr, 0, 10);
  }
  return Ok{};
}

// What the host said about its start: empty for "ok".
Result<std::string> await_ready(int fd, milliseconds patience) {
  std::string said;
  const Mono deadline = system_clock().monotonic() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - system_clock().monotonic()).count();
    pollfd poll{fd, POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&poll, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return error(Code::timeout, "the host that was started did not become ready in time");
    std::array<char, 512> buffer;
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    said.append(buffer.data(), static_cast<std::size_t>(n));
    if (said == "ok\n") return std::string();
  }
  return said.empty() ? "it ended at once" : printable(trim(said));
}

// Starts a host that outlives us and our terminal. Its log goes to <state>/host.log. REQUIRES: it is our
// turn.
Status start_host(const config::Paths& paths, const ConnectOptions& options) {
  auto program = options.program.empty() ? own_program() : Result<std::string>(options.program);
  if (!program) return std::move(program).error();
  const std::string log_path = paths.state + "/host.log";
  const UniqueFd log(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!log) return system_error(log_path, errno);
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("pipe", errno);
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);

  process::Program host;
  host.path = *program;
  host.argv = {"bus", "serve"};
  std::vector<std::string> environment = process::own_environment();
  // It is nobody's run, and must not end with the one that needed it first.
  std::erase_if(environment, [](const std::string& entry) {
    return entry.starts_with(std::string(process::kRunVariable) + "=");
  });
  const process::Variable ready[] = {{kReadyVariable, std::to_string(kReadyFd)}};
  host.env = process::merge_environment(environment, ready);
  host.cwd = "/";
  host.out = {process::Output::Kind::fd, log.get()};
  host.err = {process::Output::Kind::fd, log.get()};
  host.group = process::Group::session;
  host.keep = {{theirs.get(), kReadyFd}};
  auto child = process::system_spawner().start(host);
  if (!child) return std::move(child).error().in("cannot start a host");
  theirs.reset();
  auto said = await_ready(ours.get(), options.patience);
  if (!said) return std::move(said).error();
  if (said->empty()) return Ok{};
  return error(Code::unavailable, "the host that was started has ended: " + *said, "see " + log_path);
}

}  // namespace

Result<Connection> connect(const config::Paths& paths, const ConnectOptions& options) {
  const Status safe = config::check_runtime(paths);
  if (!safe && safe.error().code != Code::not_found) return safe.error();
  auto connection =
      safe ? Connection::open(paths.socket())
           : Result<Connection>(error(Code::unavailable, "no host is running", "start one with: bus serve"));
  if (connection || !options.autostart || connection.error().code != Code::unavailable) return connection;
  const auto turn = take_turn(paths);
  if (!turn) return turn.error();
  if (Status free = outlast_stopping(paths, options.patience); !free) return std::move(free).error();
  if (auto meanwhile = Connection::open(paths.socket())) return meanwhile;
  const Status started = start_host(paths, options);
  // Somebody may have started one by hand at the same moment: what counts is that one answers.
  auto second = Connection::open(paths.socket());
  if (!second && !started) return started.error();
  return second;
}

}  // namespace bus::client
