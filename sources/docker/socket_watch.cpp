#include "sources/docker/socket_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bus::docker {
namespace {

constexpr std::uint32_t kMask =
    IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;

}  // namespace

bool SocketWatch::start(const std::vector<std::string>& paths, std::function<void()> changed) {
  stop();
  fd_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd_ < 0) return false;
  changed_ = std::move(changed);
  bool all = true;
  for (const std::string& path : paths) all = add(path) && all;
  return watch_.start(fd_, BUS_FD_READABLE, [this](std::uint32_t) { read_events(); }).ok() && all;
}

void SocketWatch::stop() {
  watch_.stop();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  names_.clear();
}

bool SocketWatch::add(const std::string& path) {
  std::string folder = path;
  for (;;) {
    const std::size_t slash = folder.rfind('/');
    if (slash == std::string::npos || folder == "/") return false;
    const std::string name = folder.substr(slash + 1);
    folder.resize(slash == 0 ? 1 : slash);
    const int number = ::inotify_add_watch(fd_, folder.c_str(), kMask);
    if (number >= 0) {
      names_[number].insert(name);
      return true;
    }
    if (errno == EACCES) return true;  // what we may not see is no engine of ours
    if (errno != ENOENT && errno != ENOTDIR) return false;
  }
}

void SocketWatch::read_events() {
  alignas(inotify_event) std::array<char, 16u << 10> buffer;
  const ssize_t n = ::read(fd_, buffer.data(), buffer.size());
  bool ours = false;
  for (ssize_t at = 0; at < n;) {
    inotify_event event{};
    std::memcpy(&event, buffer.data() + at, sizeof event);
    const char* name = buffer.data() + at + sizeof event;
    at += static_cast<ssize_t>(sizeof event + event.len);
    ours = ours || concerns_us(event.wd, event.mask, event.len == 0 ? "" : name);
  }
  if (!ours) return;
  const std::function<void()> changed = changed_;  // it may start this anew
  changed();
}

bool SocketWatch::concerns_us(int number, std::uint32_t mask, const std::string& name) const {
  if ((mask & IN_Q_OVERFLOW) != 0) return true;
  const auto place = names_.find(number);
  if (place == names_.end()) return false;
  if (name.empty()) return (mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_ATTRIB)) != 0;
  return place->second.count(name) != 0;
}

}  // namespace bus::docker
