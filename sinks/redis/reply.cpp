#include "sinks/redis/reply.h"

#include <array>
#include <string>

namespace bus::redis {

Status status_of_error(std::string_view error) {
  constexpr std::array<std::string_view, 5> kNeedAPerson = {"NOAUTH", "WRONGPASS", "NOPERM", "WRONGTYPE",
                                                            "ERR unknown command"};
  std::string text = "the server says: " + std::string(clip(error, 200));
  for (const std::string_view word : kNeedAPerson) {
    if (error.starts_with(word)) return denied(std::move(text));
  }
  // AUTH without a password being set, or with a wrong one before Redis 6.
  if (error.find("AUTH") != std::string_view::npos || error.find("password") != std::string_view::npos)
    return denied(std::move(text));
  return unavailable(std::move(text));
}

}  // namespace bus::redis
