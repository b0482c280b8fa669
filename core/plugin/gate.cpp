#include "core/plugin/gate.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "core/auth/hmac.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/plugin/elf.h"

namespace bus::plugin {
namespace {

Result<UniqueFd> open_without_links(const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  const long fd = ::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how);
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  if (errno == ELOOP) {
    std::error_code failure;
    const std::string real = std::filesystem::canonical(path, failure).string();
    return error(Code::denied, path + " is, or lies behind, a symbolic link",
                 failure ? "give the file itself" : "give the file itself: " + shell_word(real));
  }
  return system_error("opening " + path, errno);
}

// Root's or ours, and nobody else's to write.
Status check_owner(const std::string& path, const struct stat& info) {
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return error(
        Code::denied, path + " belongs to another user (uid " + std::to_string(info.st_uid) + ")",
        "if you trust who wrote it: sudo chown " + std::to_string(::geteuid()) + " " + shell_word(path));
  }
  const bool sticky_folder = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0;
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky_folder) {
    return error(Code::denied, path + " can be written by others", "chmod go-w " + shell_word(path));
  }
  return Ok{};
}

Status check_folders(const std::string& path) {
  for (std::size_t end = path.rfind('/'); end != std::string::npos;
       end = end == 0 ? end : path.rfind('/', end - 1)) {
    const std::string folder = end == 0 ? "/" : path.substr(0, end);
    auto fd = open_without_links(folder, O_PATH | O_DIRECTORY);
    if (!fd) return std::move(fd).error();
    struct stat info;
    if (::fstat(fd->get(), &info) != 0) return system_error(folder, errno);
    if (Status owned = check_owner(folder, info); !owned) return owned;
    if (end == 0) break;
  }
  return Ok{};
}

Result<UniqueFd> open_checked(const std::string& path) {
  // O_NONBLOCK: a FIFO must not hold us.
  auto fd = open_without_links(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return fd;
  struct stat info;
  if (::fstat(fd->get(), &info) != 0) return system_error(path, errno);
  if (!S_ISREG(info.st_mode))
    return error(Code::invalid, path + " is no regular file", "give the library itself");
  if (Status owned = check_owner(path, info); !owned) return std::move(owned).error();
  if ((info.st_mode & (S_ISUID | S_ISGID)) != 0) {
    return error(Code::denied, path + " has the setuid or setgid bit", "chmod ug-s " + shell_word(path));
  }
  if (Status folders = check_folders(path); !folders) return std::move(folders).error();
  return fd;
}

constexpr int kSealTries = 100;

// The bytes in memory that nobody can change any more. Debuggers and /proc/self/maps show the name.
Result<UniqueFd> seal(std::string_view name, std::string_view bytes) {
  UniqueFd memory(
      ::memfd_create(("bus-plugin-" + std::string(name)).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return system_error("memfd_create", errno);
  if (Status written = write_all(memory.get(), bytes); !written) return std::move(written).error();
  // The kernel may hold a page for itself at this moment, as when it moves memory.
  for (int tries = 0;
       ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0;
       ++tries) {
    if (errno != EBUSY || tries == kSealTries) return system_error("sealing a plugin in memory", errno);
    ::poll(nullptr, 0, 10);
  }
  return memory;
}

FileStamp stamp_from(const struct stat& info) {
  return {info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
}

}  // namespace

FileStamp stamp_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? stamp_from(info) : FileStamp{};
}

Result<GatedFile> pass_gate(const std::string& path) {
  if (path.empty() || path[0] != '/') return error(Code::invalid, path + " is no absolute path");
  auto fd = open_checked(path);
  if (!fd) return std::move(fd).error();
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return system_error(path, errno);
  auto bytes = read_all(fd->get(), kMaxPluginBytes);
  if (!bytes) return std::move(bytes).error().in(path);
  if (Status whole = check_elf(*bytes); !whole) {
    return error(
        whole.error().code, path + " " + whole.error().message,
        "build it for this machine as a shared library (bus_add_plugin), or copy it again as a whole");
  }
  auto memory = seal(std::string_view(path).substr(path.rfind('/') + 1), *bytes);
  if (!memory) return std::move(memory).error();
  return GatedFile{std::move(*memory), path, hex(auth::view(auth::sha256(*bytes))), stamp_from(info)};
}

std::string shell_word(const std::string& path) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+").find(c) != std::string_view::npos;
  };
  if (std::all_of(path.begin(), path.end(), plain)) return path;
  std::string out = "'";
  for (const char c : path) {
    if (c == '\'') out += "'\\'";
    out += c;
  }
  return out += '\'';
}

Result<std::string> read_gated(const GatedFile& file) {
  if (::lseek(file.memory.get(), 0, SEEK_SET) != 0) return system_error(file.path, errno);
  return read_all(file.memory.get(), kMaxPluginBytes);
}

}  // namespace bus::plugin
