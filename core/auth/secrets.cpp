#include "core/auth/secrets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "core/base/file.h"
#include "core/base/text.h"

namespace bus::auth {
namespace {

constexpr std::size_t kMaxFile = 1024u << 10;

Status check_name(std::string_view name) {
  if (SecretStore::valid_name(name)) return Ok{};
  return error(Code::invalid, "\"" + printable(name) + "\" cannot be the name of a secret",
               "lower case letters, digits, '_', '.' and '-', at most 64, beginning with a letter or digit");
}

// A file that the service manager put there: ours or root's, and nobody else can write it.
Result<UniqueFd> open_credential(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return system_error(path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error(path, errno);
  if (!S_ISREG(info.st_mode)) return error(Code::denied, path + " is not a regular file");
  if ((info.st_uid != ::geteuid() && info.st_uid != 0) || (info.st_mode & 022) != 0) {
    return error(Code::denied, path + " can be written by others");
  }
  return fd;
}

Result<std::vector<Secret>> read_values(Result<UniqueFd> fd, const std::string& path) {
  if (!fd) return std::move(fd).error();
  auto bytes = read_all(fd->get(), kMaxFile);
  if (!bytes) return std::move(bytes).error().in(path);
  const Secret whole(std::move(*bytes));
  std::vector<Secret> values;
  for (std::string_view line : split(whole.reveal(), '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) values.emplace_back(std::string(line));
  }
  if (values.empty()) return error(Code::config, path + " holds no secret", "write the secret into it");
  return values;
}

}  // namespace

SecretStore::SecretStore(std::string folder, std::string credentials)
    : folder_(std::move(folder)), credentials_(std::move(credentials)) {}

bool SecretStore::valid_name(std::string_view name) {
  const auto is_alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 64 && is_alphanumeric(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

Result<std::vector<Secret>> SecretStore::get(std::string_view name) const {
  if (Status named = check_name(name); !named) return std::move(named).error();
  if (!credentials_.empty()) {
    const std::string path = credentials_ + "/" + std::string(name);
    auto values = read_values(open_credential(path), path);
    if (values || values.error().code != Code::not_found) return values;
  }
  const std::string path = folder_ + "/" + std::string(name);
  auto values = read_values(open_private(path), path);
  if (!values && values.error().code == Code::not_found) {
    return error(Code::not_found, "there is no secret " + std::string(name),
                 "bus secret set " + std::string(name));
  }
  return values;
}

std::string SecretStore::stamp(std::string_view name) const {
  for (const std::string& folder : {credentials_, folder_}) {
    struct stat info {};
    if (folder.empty() || ::lstat((folder + "/" + std::string(name)).c_str(), &info) != 0) continue;
    return folder + ":" + std::to_string(info.st_ino) + ":" + std::to_string(info.st_size) + ":" +
           std::to_string(info.st_ctim.tv_sec) + "." + std::to_string(info.st_ctim.tv_nsec);
  }
  return {};
}

Status SecretStore::set(std::string_view name, const Secret& value) {
  return write(name, {value});
}

Status SecretStore::add(std::string_view name, const Secret& value) {
  if (Status named = check_name(name); !named) return named;
  const std::string path = folder_ + "/" + std::string(name);
  auto old = read_values(open_private(path), path);
  if (!old && old.error().code != Code::not_found && old.error().code != Code::config)
    return std::move(old).error();
  std::vector<Secret> values = {value};
  if (old) values.insert(values.end(), old->begin(), old->end());
  return write(name, values);
}

Status SecretStore::write(std::string_view name, const std::vector<Secret>& values) {
  if (Status named = check_name(name); !named) return named;
  const std::string_view fresh = values.front().reveal();
  if (fresh.empty()) return error(Code::invalid, "the secret is empty");
  if (fresh.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos) {
    return error(Code::invalid, "a secret is one line of text");
  }
  if (Status made = make_private_folder(folder_); !made) return made;
  std::string lines;
  for (const Secret& value : values) lines.append(value.reveal()).append("\n");
  const Secret bytes(std::move(lines));
  if (bytes.reveal().size() > kMaxFile) return error(Code::limit, "the secret is too long");
  return replace_file(folder_ + "/" + std::string(name), bytes.reveal());
}

Status SecretStore::remove(std::string_view name) {
  if (Status named = check_name(name); !named) return named;
  if (::unlink((folder_ + "/" + std::string(name)).c_str()) == 0) return Ok{};
  if (errno == ENOENT) return error(Code::not_found, "there is no secret " + std::string(name));
  return system_error("cannot remove the secret " + std::string(name), errno);
}

Result<std::vector<std::string>> SecretStore::list() const {
  std::set<std::string> names;
  for (const std::string& folder : {folder_, credentials_}) {
    if (folder.empty()) continue;
    std::error_code failed;
    for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
         at.increment(failed)) {
      const std::string name = at->path().filename();
      if (valid_name(name)) names.insert(name);
    }
    if (failed && failed != std::errc::no_such_file_or_directory) return system_error(folder, failed.value());
  }
  return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace bus::auth
