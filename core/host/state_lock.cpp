#include "core/host/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/client/connect.h"

namespace bus::host {

Result<StateLock> StateLock::take(const std::string& folder) {
  const std::string path = folder + "/host.lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return system_error("cannot use the state folder: " + path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(path, errno);
    const auto holder = read_all(fd.get(), 64);
    return error(
        Code::conflict,
        "another host" +
            (holder && !holder->empty() ? " (pid " + printable(trim(*holder)) + ")" : std::string()) +
            " uses the state folder " + folder,
        "speak to that one (bus status), stop it, or set BUS_STATE_DIR");
  }
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
