// A connection to one of several Redis servers, with commands sent many at once and every wait bounded.
#pragma once

#include <hiredis/hiredis.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"
#include "sinks/redis/address.h"

namespace bus::redis {

struct Login {
  std::string user, password;  // no password: no login
};

// One thread.
class Connection {
 public:
  using Command = std::vector<std::string_view>;

  // Connects to the first server that answers and may be written to, in less than four seconds; nothing to do
  // if it is connected. denied: a login is needed, or is wrong.
  Status open(const std::vector<Address>& servers, const Login& login);
  void close() noexcept;

  // Sends all commands, then calls each(place, error) with the answer to each in order; an empty error means
  // that it is done. Not ok: the connection is gone, or four seconds are over; the commands that `each` was
  // not called for may have been done or not.
  Status run(const std::vector<Command>& commands,
             const std::function<void(std::size_t, std::string_view)>& each);

 private:
  struct Close {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  using Deadline = std::chrono::steady_clock::time_point;

  Status connect(const Address& server, const Login& login, Deadline deadline);
  Status log_in(const Address& server, const Login& login, Deadline deadline);
  Status run_until(const std::vector<Command>& commands, Deadline deadline,
                   const std::function<void(std::size_t, std::string_view)>& each);
  Status send_all(Deadline deadline);
  Status read_reply(Deadline deadline, std::string& error);
  Status limit(Deadline deadline);
  Status broken();
  bool alive() const;

  std::unique_ptr<redisContext, Close> context_;
};

}  // namespace bus::redis
