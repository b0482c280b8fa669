#include "sources/pytest/folder_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "sources/pytest/intake.h"

namespace bus::pytest {
namespace {

constexpr std::uint32_t kMask =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
// A new look reads what is a little older than the last one: clocks of file systems are coarse.
constexpr std::int64_t kMargin = 2'000'000;

std::int64_t modified_us(const struct stat& file) {
  return static_cast<std::int64_t>(file.st_mtim.tv_sec) * 1'000'000 + file.st_mtim.tv_nsec / 1'000;
}

// False: not a file of ours, or it cannot be read.
bool read_whole(int fd, std::size_t size, std::string& into) {
  into.resize(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = ::read(fd, into.data() + have, size - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  into.resize(have);
  return have == size;
}

}  // namespace

bool FolderWatch::is_report(std::string_view name) {
  if (name.starts_with('.')) return false;
  const auto ends = [&](std::string_view end) { return name.ends_with(end); };
  return ends(".xml") || ends(".jsonl") || ends(".ndjson") || ends(".json");
}

Status FolderWatch::start(std::int64_t since_us) {
  Status status = look(since_us);
  looked_(status);
  return fd_ >= 0 && watch_.active() ? Status() : status;
}

void FolderWatch::stop() noexcept {
  watch_.stop();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  places_.clear();
}

Status FolderWatch::look(std::int64_t since_us) {
  stop();
  const std::int64_t now_us = host_.now_us();
  fd_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd_ < 0) return unavailable(std::string("inotify: ") + std::strerror(errno));
  Status first;
  for (const std::string& folder : folders_) {
    Status added = add(folder, since_us);
    if (first.ok()) first = std::move(added);
  }
  looked_us_ = now_us;
  Status watching = watch_.start(fd_, BUS_FD_READABLE, [this](std::uint32_t) { read_events(); });
  return watching.ok() ? first : watching;
}

FolderWatch::Place* FolderWatch::watch_place(const std::string& folder) {
  const int number = ::inotify_add_watch(fd_, folder.c_str(), kMask);
  if (number < 0) return nullptr;
  Place& place = places_[number];
  place.folder = folder;
  return &place;
}

Status FolderWatch::add(const std::string& folder, std::int64_t since_us) {
  if (Place* place = watch_place(folder)) {
    place->wanted = true;
    look_through(folder, since_us);  // behind the watch, so that nothing falls between
    return {};
  }
  const int why = errno;
  if (why == ENOSPC) return unavailable("too many watches: raise fs.inotify.max_user_watches");
  std::string above = folder, name;
  do {
    const std::size_t slash = above.rfind('/');
    if (slash == std::string::npos || above == "/") break;
    name = above.substr(slash + 1);
    above = slash == 0 ? "/" : above.substr(0, slash);
    if (Place* place = watch_place(above)) {
      place->missing.push_back(name);
      break;
    }
  } while (errno == ENOENT);
  return unavailable(folder + ": " + std::strerror(why));
}

void FolderWatch::look_through(const std::string& folder, std::int64_t since_us) {
  if (since_us == 0) return;
  const auto close = [](DIR* dir) { ::closedir(dir); };
  const std::unique_ptr<DIR, decltype(close)> open(::opendir(folder.c_str()), close);
  if (open == nullptr) return;
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(open.get())) {
    if (is_report(entry->d_name)) names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    std::string path = folder;
    take(path.append("/").append(name), since_us);
  }
}

void FolderWatch::take(const std::string& path, std::int64_t since_us) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return;
  struct stat status {};
  FoundFile file;
  const bool good = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && modified_us(status) > since_us &&
                    static_cast<std::uint64_t>(status.st_size) <= kMaxFile &&
                    read_whole(fd, static_cast<std::size_t>(status.st_size), file.content);
  ::close(fd);
  if (!good) return;
  file.path = path;
  file.modified_us = modified_us(status);
  found_(file);
}

void FolderWatch::read_events() {
  alignas(inotify_event) std::array<char, 16u << 10> buffer;
  const ssize_t n = ::read(fd_, buffer.data(), buffer.size());
  bool look_again = false;
  for (ssize_t at = 0; at < n;) {
    inotify_event event{};
    std::memcpy(&event, buffer.data() + at, sizeof event);
    const char* name = buffer.data() + at + sizeof event;
    at += static_cast<ssize_t>(sizeof event + event.len);
    look_again = take_event(event.wd, event.mask, event.len == 0 ? "" : name) || look_again;
  }
  if (look_again) looked_(look(looked_us_ - kMargin));
}

bool FolderWatch::take_event(int number, std::uint32_t mask, std::string_view name) {
  if ((mask & IN_Q_OVERFLOW) != 0) return true;
  const auto found = places_.find(number);
  if (found == places_.end()) return false;
  const Place& place = found->second;
  if ((mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) return true;
  if (std::find(place.missing.begin(), place.missing.end(), name) != place.missing.end()) return true;
  if (place.wanted && (mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0 && is_report(name)) {
    take(place.folder + "/" + std::string(name), 0);
  }
  return false;
}

}  // namespace bus::pytest
