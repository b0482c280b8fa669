#include "core/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace bus {
inline namespace base {

Result<std::string> read_all(int fd, std::size_t most) {
  std::string out;
  for (;;) {
    const std::size_t had = out.size();
    const std::size_t step = had == 0 ? 4096 : had;
    out.resize(had + std::min(step, most - had + 1));
    const ssize_t n = ::read(fd, out.data() + had, out.size() - had);
    if (n < 0 && errno != EINTR) return system_error("read", errno);
    out.resize(had + static_cast<std::size_t>(n > 0 ? n : 0));
    if (n == 0) return out;
    if (out.size() > most) return error(Code::limit, "larger than " + std::to_string(most) + " bytes");
  }
}

Result<std::string> read_file(const std::string& path, std::size_t most) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return system_error(path, errno);
  auto bytes = read_all(fd.get(), most);
  if (!bytes) return std::move(bytes).error().in(path);
  return bytes;
}

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return Ok{};
}

Status replace_file(const std::string& path, std::string_view bytes) {
  const std::string folder = std::filesystem::path(path).parent_path();
  std::string temporary = path + ".XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (!fd) return system_error(path, errno);
  Status written = write_all(fd.get(), bytes);
  if (written && ::fsync(fd.get()) != 0) written = system_error(path, errno);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = system_error(path, errno);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  const UniqueFd parent(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || ::fsync(parent.get()) != 0) return system_error(folder, errno);
  return Ok{};
}

Status make_private_folder(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (::mkdir(path.c_str(), 0700) == 0) return Ok{};
  if (errno == ENOENT && !parent.empty() && parent != path) {
    if (Status made = make_private_folder(parent); !made) {
      // A shared parent (/tmp, $HOME's) need not be private; it only has to be there.
      struct stat info {};
      if (::stat(parent.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return made;
    }
    if (::mkdir(path.c_str(), 0700) == 0) return Ok{};
  }
  if (errno != EEXIST) return system_error("cannot make folder " + path, errno);
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return system_error(path, errno);
  if (!S_ISDIR(info.st_mode)) return error(Code::denied, path + " is not a folder");
  if (info.st_uid != ::geteuid() || (info.st_mode & 022) != 0) {
    return error(Code::denied, path + " can be written by others",
                 "chmod 700 " + path + ", and own it yourself");
  }
  return Ok{};
}

Result<UniqueFd> open_private(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) {
    if (errno == ELOOP) return error(Code::denied, path + " is a symbolic link", "put the file itself there");
    return system_error(path, errno);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error(path, errno);
  if (!S_ISREG(info.st_mode)) return error(Code::denied, path + " is not a regular file");
  if (info.st_uid != ::geteuid()) return error(Code::denied, path + " belongs to somebody else");
  if ((info.st_mode & 077) != 0) return error(Code::denied, path + " is open to others", "chmod 600 " + path);
  return fd;
}

}  // namespace base
}  // namespace bus
