#include "core/cli/on_gathered.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "core/base/file.h"
#include "core/base/unique_fd.h"

namespace bus::cli {

Status OnGathered::append_last() {
  if (!file_) {
    auto file = process::EventFile::write(folder_, {});
    if (!file) return std::move(file).error();
    file_.emplace(std::move(*file));
  }
  // Not kept open: there may be as many of these as runs can wait.
  const UniqueFd fd(::open(file_->path().c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return system_error(file_->path(), errno);
  last_ += '\n';
  Status written = write_all(fd.get(), last_);
  last_.pop_back();
  if (!written) return std::move(written).error().in(file_->path());
  return Ok{};
}

Status OnGathered::add(std::uint64_t seq, std::string_view text) {
  if (Status kept = append_last(); !kept) return kept;
  last_ = text;
  seq_ = seq;
  ++count_;
  return Ok{};
}

Result<std::string> OnGathered::file_of_all() {
  if (!std::exchange(complete_, true)) {
    if (Status kept = append_last(); !kept) return std::move(kept).error();
  }
  return file_->path();
}

}  // namespace bus::cli
