#include "core/process/event_context.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <utility>

#include "core/base/file.h"

namespace bus::process {
namespace {

constexpr std::string_view kPrefix = "event-";
constexpr std::string_view kSuffix = ".json";

bool is_event_variable(std::string_view name) {
  return std::find(std::begin(kEventVariables), std::end(kEventVariables), name) != std::end(kEventVariables);
}

}  // namespace

std::vector<std::string> event_environment(std::span<const std::string> base,
                                           std::span<const Variable> scalars) {
  std::vector<std::string> kept;
  kept.reserve(base.size());
  for (const std::string& entry : base) {
    if (!is_event_variable(std::string_view(entry).substr(0, entry.find('=')))) kept.push_back(entry);
  }
  std::vector<Variable> told;
  for (const auto& [name, value] : scalars) {
    if (is_event_variable(name) && !value.empty()) told.emplace_back(name, value);
  }
  return merge_environment(kept, told);
}

Result<EventFile> EventFile::write(const std::string& folder, std::string_view json) {
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0) {
    if (Status made = make_private_folder(folder); !made) return std::move(made).error();
    if (::lstat(folder.c_str(), &info) != 0) return system_error(folder, errno);
  }
  if (!S_ISDIR(info.st_mode) || (info.st_mode & 077) != 0) {
    return error(Code::denied, folder + " is open to others", "chmod 700 " + folder);
  }
  std::string path = folder + "/" + std::string(kPrefix) + "XXXXXX" + std::string(kSuffix);
  const UniqueFd fd(::mkostemps(path.data(), static_cast<int>(kSuffix.size()), O_CLOEXEC));  // mode 0600
  if (!fd) return system_error("cannot make a file in " + folder, errno);
  EventFile file(std::move(path));
  if (Status written = write_all(fd.get(), json); !written) return std::move(written).error().in(file.path());
  return file;
}

EventFile::EventFile(EventFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}

EventFile& EventFile::operator=(EventFile&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
  }
  return *this;
}

EventFile::~EventFile() {
  remove();
}

void EventFile::remove() noexcept {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void remove_stale_event_files(const std::string& folder) {
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string name = at->path().filename();
    if (name.starts_with(kPrefix) && name.ends_with(kSuffix)) ::unlink(at->path().c_str());
  }
}

}  // namespace bus::process
