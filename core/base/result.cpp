#include "core/base/result.h"

#include <array>
#include <cerrno>
#include <system_error>

namespace bus {
inline namespace base {
namespace {

constexpr std::array<std::string_view, 10> kNames = {"invalid",     "not_found", "conflict", "denied",
                                                     "unavailable", "limit",     "stopping", "timeout",
                                                     "config",      "fault"};

Code classify(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENOTDIR:
      return Code::not_found;
    case EEXIST:
    case EADDRINUSE:
      return Code::conflict;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::denied;
    case EINVAL:
    case ENAMETOOLONG:
    case ELOOP:
    case EISDIR:
      return Code::invalid;
    case ETIMEDOUT:
      return Code::timeout;
    case EAGAIN:
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
      return Code::unavailable;
    default:
      return Code::fault;
  }
}

}  // namespace

std::string_view name(Code code) {
  return kNames[static_cast<std::size_t>(code)];
}

std::optional<Code> code_named(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Code>(i);
  }
  return std::nullopt;
}

Error system_error(std::string_view what, int errno_value) {
  return error(classify(errno_value),
               std::string(what) + ": " + std::error_code(errno_value, std::generic_category()).message());
}

}  // namespace base
}  // namespace bus
