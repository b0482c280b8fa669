#include "sources/fs/linux_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

namespace bus::fs {
namespace {

constexpr std::uint32_t kChanges = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE |
                                   IN_ATTRIB | IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr std::uint32_t kEnd = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

std::int64_t ns(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Type type_of(mode_t mode) {
  if (S_ISREG(mode)) return Type::file;
  if (S_ISDIR(mode)) return Type::folder;
  return S_ISLNK(mode) ? Type::link : Type::other;
}

Look look_of(int result, const struct stat& info) {
  Look look;
  if (result != 0) {
    look.known = errno == ENOENT || errno == ENOTDIR;
    return look;
  }
  look.there = true;
  look.type = type_of(info.st_mode);
  look.device = info.st_dev;
  look.inode = info.st_ino;
  look.size = static_cast<std::uint64_t>(info.st_size);
  look.links = info.st_nlink;
  look.modified_ns = ns(info.st_mtim);
  return look;
}

class OpenFolder final : public Listing {
 public:
  explicit OpenFolder(DIR* open) : open_(open, &::closedir) {}

  bool next(std::string_view& name) override {
    while (const dirent* entry = ::readdir(open_.get())) {
      name_ = entry->d_name;
      name = name_;
      if (name != "." && name != "..") return true;
    }
    return false;
  }
  Look look() override {
    struct stat info {};
    const int result = ::fstatat(::dirfd(open_.get()), name_, &info, AT_SYMLINK_NOFOLLOW);
    return look_of(result, info);
  }

 private:
  std::unique_ptr<DIR, int (*)(DIR*)> open_;
  const char* name_ = "";
};

Raw raw_of(const inotify_event& event, std::string_view name) {
  Raw raw;
  raw.watch = event.wd;
  raw.cookie = event.cookie;
  raw.folder = (event.mask & IN_ISDIR) != 0;
  raw.name = name;
  const auto is = [&](std::uint32_t bits) { return (event.mask & bits) != 0; };
  raw.what = is(IN_Q_OVERFLOW)                                ? Raw::What::overflow
             : is(IN_IGNORED)                                 ? Raw::What::ignored
             : is(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT) ? Raw::What::itself
             : is(IN_MOVED_FROM)                              ? Raw::What::moved_from
             : is(IN_MOVED_TO)                                ? Raw::What::moved_to
             : is(IN_CREATE)                                  ? Raw::What::created
             : is(IN_DELETE)                                  ? Raw::What::deleted
             : is(IN_ATTRIB)                                  ? Raw::What::stamped
                                                              : Raw::What::written;
  return raw;
}

}  // namespace

int LinuxDisk::open() {
  close();
  fd_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  return fd_ < 0 ? errno : 0;
}

void LinuxDisk::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool LinuxDisk::read(const std::function<void(const Raw&)>& take, std::size_t most) {
  alignas(inotify_event) std::array<char, 32u << 10> buffer;
  for (std::size_t taken = 0; taken < most;) {
    const ssize_t n = ::read(fd_, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return true;
    for (ssize_t at = 0; at < n; ++taken) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      take(raw_of(event, event.len == 0 ? std::string_view() : std::string_view(name)));
    }
  }
  return false;
}

Look LinuxDisk::look(const std::string& path) {
  struct stat info {};
  const int result = ::lstat(path.c_str(), &info);
  return look_of(result, info);
}

Look LinuxDisk::look_through(const std::string& path) {
  struct stat info {};
  const int result = ::stat(path.c_str(), &info);
  return look_of(result, info);
}

std::unique_ptr<Listing> LinuxDisk::list(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return nullptr;
  DIR* open = ::fdopendir(fd);
  if (open == nullptr) {
    ::close(fd);
    return nullptr;
  }
  return std::make_unique<OpenFolder>(open);
}

bool LinuxDisk::read(const std::string& path, std::size_t most, std::string& into) {
  into.clear();
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return false;
  struct stat info {};
  bool good = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= 0 &&
              static_cast<std::uint64_t>(info.st_size) <= most;
  std::array<char, 16u << 10> buffer;
  while (good) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) break;
    good = n > 0 && into.size() + static_cast<std::size_t>(n) <= most;
    if (good) into.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  return good;
}

bool LinuxDisk::made_up(const std::string& path) {
  static constexpr std::uint64_t kMadeUp[] = {PROC_SUPER_MAGIC,   SYSFS_MAGIC,         DEVPTS_SUPER_MAGIC,
                                              CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,
                                              TRACEFS_MAGIC,      SECURITYFS_MAGIC,    BPF_FS_MAGIC};
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return false;
  const auto type = static_cast<std::uint64_t>(info.f_type);
  return std::find(std::begin(kMadeUp), std::end(kMadeUp), type) != std::end(kMadeUp);
}

std::int64_t LinuxDisk::now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return ns(now);
}

Disk::Watched LinuxDisk::watch(const std::string& path, Wanted wanted) {
  std::uint32_t mask = kEnd;
  if (wanted == Wanted::above_gone) mask |= IN_CREATE | IN_MOVED_TO;
  if (wanted == Wanted::changes) mask = kChanges | IN_DONT_FOLLOW;
  if (wanted == Wanted::root) mask |= kChanges;
  if (while_open_ && (wanted == Wanted::changes || wanted == Wanted::root)) mask |= IN_MODIFY;
  const int number = ::inotify_add_watch(fd_, path.c_str(), mask);
  if (number >= 0) return {number, Problem::none};
  if (errno == ENOSPC || errno == ENOMEM) return {-1, Problem::limit};
  return {-1, errno == EACCES || errno == EPERM ? Problem::denied : Problem::gone};
}

void LinuxDisk::unwatch(std::int32_t number) {
  if (fd_ >= 0) ::inotify_rm_watch(fd_, number);
}

}  // namespace bus::fs
