// What the user hands us besides options: inline text, a file, or stdin.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace bus::cli {

// The text of an argument: "-" is stdin, "@file" a file, anything else itself. Code::limit beyond `most`
// bytes.
Result<std::string> read_argument(std::string_view argument, std::size_t most);

// Lines of a descriptor, one after the other, without their end. One thread.
class LineReader {
 public:
  explicit LineReader(int fd, std::size_t longest) : fd_(fd), longest_(longest) {}

  // The next line into `line`; false at the end. Code::limit: the line is longer than allowed and nothing can
  // be read on. The view is valid until the next call.
  Result<bool> next(std::string_view& line);

 private:
  int fd_;
  std::size_t longest_;
  std::string buffer_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace bus::cli
