// Where a Redis server is.
#pragma once

#include <string>
#include <string_view>

#include "bus/plugin.hpp"

namespace bus::redis {

struct Address {
  std::string host, path;  // one of them: TCP, or a unix socket
  int port = 6379;
  int database = 0;

  // For people.
  std::string text() const;
};

// redis://host[:port][/database], or unix:///path[?db=database]. Code::invalid says what is wrong.
Status read_address(std::string_view url, Address& out);

}  // namespace bus::redis
