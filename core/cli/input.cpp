#include "core/cli/input.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/base/file.h"

namespace bus::cli {

Result<std::string> read_argument(std::string_view argument, std::size_t most) {
  if (argument == "-" || argument == "@-") {
    auto text = read_all(0, most);
    return text ? std::move(text) : Result<std::string>(std::move(text).error().in("stdin"));
  }
  if (argument.starts_with('@')) return read_file(std::string(argument.substr(1)), most);
  return std::string(argument);
}

Result<bool> LineReader::next(std::string_view& line) {
  std::size_t searched = at_;
  for (;;) {
    const auto end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      line = std::string_view(buffer_).substr(at_, end - at_);
      at_ = end + 1;
      return true;
    }
    if (ended_) break;
    buffer_.erase(0, at_);
    at_ = 0;
    searched = buffer_.size();
    if (buffer_.size() > longest_)
      return error(Code::limit, "a line is longer than " + std::to_string(longest_) + " bytes");
    std::array<char, 256u << 10> block;
    const ssize_t n = ::read(fd_, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("reading", errno);
    ended_ = n == 0;
    buffer_.append(block.data(), static_cast<std::size_t>(n));
  }
  if (at_ == buffer_.size()) return false;
  line = std::string_view(buffer_).substr(at_);
  at_ = buffer_.size();
  return true;
}

}  // namespace bus::cli
