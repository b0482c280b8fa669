#include "sinks/file/ndjson_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "sinks/file/rotation.h"

namespace bus::file {
namespace {

Status failed(const std::string& what, int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return denied(what + ": " + std::strerror(error));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return unavailable(what + ": no space: " + std::strerror(error));
    default:
      return unavailable(what + ": " + std::strerror(error));
  }
}

Status cannot_open(const std::string& path, int error) {
  switch (error) {
    case ELOOP:
      return invalid(path + " is a symbolic link; name the file itself");
    case EISDIR:
      return invalid(path + " is a folder; name a file in it");
    case ENXIO:
      return invalid(path + " is not a file");
    case ENOENT:
    case ENOTDIR:
      return unavailable("the folder of " + path + " does not exist; make it, or name another path");
    default:
      return failed("opening " + path, error);
  }
}

// Never over another file, where the file system can promise that.
int rename_to(const std::string& from, const std::string& to) {
  const int done = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  return done != 0 && errno == EINVAL ? ::rename(from.c_str(), to.c_str()) : done;
}

}  // namespace

void sync_folder(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

Status NdjsonFile::open(std::uint64_t acknowledged) {
  close();
  struct stat found {};
  Status opened = open_and_lock(found);
  if (opened.ok()) opened = adopt(acknowledged, found);
  if (!opened.ok()) close();
  return opened;
}

Status NdjsonFile::open_and_lock(struct stat& found) {
  // O_NONBLOCK: a FIFO must not hold us up.
  constexpr int kFlags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  fd_ = ::open(path_.c_str(), kFlags, 0600);
  if (fd_ < 0) return cannot_open(path_, errno);
  if (::fstat(fd_, &found) != 0) return failed("looking at " + path_, errno);
  if (!S_ISREG(found.st_mode)) return invalid(path_ + " is not a file");
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return unavailable(path_ + " is in use by another sink");
    return failed("locking " + path_, errno);
  }
  struct stat named {};
  if (::fstat(fd_, &found) != 0 || ::stat(path_.c_str(), &named) != 0 || named.st_ino != found.st_ino ||
      named.st_dev != found.st_dev) {
    return unavailable(path_ + " was moved while it was opened");
  }
  return {};
}

Status NdjsonFile::adopt(std::uint64_t acknowledged, struct stat& found) {
  const auto size = static_cast<std::uint64_t>(found.st_size);
  Tail tail;
  if (Status looked = read_tail(fd_, size, acknowledged, tail); !looked.ok()) {
    return {looked.code(), path_ + ": " + looked.message()};
  }
  if (tail.size != size && ::ftruncate(fd_, static_cast<off_t>(tail.size)) != 0) {
    return failed("cutting off the unfinished end of " + path_, errno);
  }
  if (sync_) {
    // What an earlier process wrote and did not get to sync counts as taken from here on.
    if (::fdatasync(fd_) != 0) return failed("syncing " + path_, errno);
    sync_folder(path_);
  }
  torn_ = size - tail.size;
  size_ = tail.size;
  device_ = found.st_dev;
  inode_ = found.st_ino;
  if (tail.size == 0) {
    // The process may have ended between the old file's new name and the new file's first line.
    std::vector<Rotated> full = list_rotated(path_);
    if (!full.empty()) tail.last = std::move(full.back().last);
  }
  if (tail.last && (!last_ || tail.last->id > last_->id)) last_ = std::move(tail.last);
  return {};
}

Status NdjsonFile::rotate() {
  if (!is_still_there()) return open(last_ ? last_->seq : 0);
  if (size_ == 0 || !last_) return {};
  if (Status synced = sync(); !synced.ok()) return synced;
  const std::string to = rotated_path(path_, *last_);
  if (rename_to(path_, to) != 0) return failed("renaming " + path_ + " to " + to, errno);
  sync_folder(path_);
  return open(last_->seq);
}

Status NdjsonFile::sync() {
  if (fd_ >= 0 && ::fdatasync(fd_) != 0) return failed("syncing " + path_, errno);
  return {};
}

bool NdjsonFile::is_still_there() const {
  struct stat named {};
  return fd_ >= 0 && ::lstat(path_.c_str(), &named) == 0 && named.st_ino == inode_ &&
         named.st_dev == device_ && static_cast<std::uint64_t>(named.st_size) == size_;
}

Status NdjsonFile::append(std::string_view lines, Place last) {
  if (!is_still_there()) {
    if (Status again = open(last_ ? last_->seq : 0); !again.ok()) return again;
  }
  if (Status written = write(lines); !written.ok()) {
    take_back();
    return written;
  }
  size_ += lines.size();
  last_ = std::move(last);
  return {};
}

Status NdjsonFile::write(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t done = ::write(fd_, lines.data(), lines.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return failed("writing " + path_, errno);
    lines.remove_prefix(static_cast<std::size_t>(done));
  }
  return sync_ ? sync() : Status();
}

void NdjsonFile::take_back() noexcept {
  // If that fails too, the next append opens the file anew and cuts there.
  if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) close();
}

void NdjsonFile::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace bus::file
