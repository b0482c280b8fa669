#include "core/host/state_lock.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "core/base/text.h"
#include "core/client/connect.h"

namespace bus::host {
namespace {

constexpr int kTries = 1000;  // a millisecond apart

// What the holder has written: its pid, and perhaps more.
std::string holder_of(const UniqueFd& fd) {
  std::array<char, 64> text{};
  const ssize_t size = ::pread(fd.get(), text.data(), text.size(), 0);
  return size <= 0 ? std::string() : std::string(trim({text.data(), static_cast<std::size_t>(size)}));
}

bool has_ended(const std::string& holder) {
  pid_t pid = 0;
  std::from_chars(holder.data(), holder.data() + holder.size(), pid);
  if (pid <= 0) return false;
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return errno == ESRCH;
  pollfd ended{process.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 1;
}

// A host that was killed while it started a program: until that has called execve it has the lock, too.
Status lock(const UniqueFd& fd, const std::string& folder) {
  for (int tries = 0; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (errno != EWOULDBLOCK) return system_error(folder + "/host.lock", errno);
    const std::string holder = holder_of(fd);
    if (tries == kTries || !has_ended(holder)) {
      return error(Code::conflict,
                   "another host" + (holder.empty() ? std::string() : " (pid " + printable(holder) + ")") +
                       " uses the state folder " + folder,
                   "speak to that one (bus status), stop it, or set BUS_STATE_DIR");
    }
    ::poll(nullptr, 0, 1);
  }
  return Ok{};
}

}  // namespace

Result<StateLock> StateLock::take(const std::string& folder) {
  const std::string path = folder + "/host.lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return system_error("cannot use the state folder: " + path, errno);
  if (Status locked = lock(fd, folder); !locked) return std::move(locked).error();
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) {
    return system_error(path, errno);
  }
  return StateLock(std::move(fd));
}

void StateLock::say_stopping() const {
  const std::string text = std::to_string(::getpid()) + std::string(client::kStoppingMark) + "\n";
  // Without it a client is told that another host has the folder, and has to try again by itself.
  [[maybe_unused]] const ssize_t written = ::pwrite(fd_.get(), text.data(), text.size(), 0);
}

}  // namespace bus::host
