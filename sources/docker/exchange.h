// Exchange: one GET over a connection of its own, without ever blocking.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bus/plugin.hpp"
#include "sources/docker/address.h"
#include "sources/docker/http_reader.h"

namespace bus::docker {

enum class Cause : std::uint8_t {
  none,     // it goes on
  whole,    // the answer is there, whatever its status
  missing,  // no such socket
  refused,  // a socket, and nobody behind it
  denied,   // a socket that we may not use
  broken,   // anything else: cut, malformed, too slow
};

struct Ended {
  Cause cause = Cause::none;
  std::string text;  // why, for people
};

// One thread, the instance's, between start and stop. Its callbacks may start and cancel it, but not destroy
// it.
class Exchange {
 public:
  struct Handler {
    std::function<void(std::string_view piece)> body;  // as it comes
    std::function<void()> flush;                       // what one read brought has been handed over
    std::function<void(const Ended& ended)> end;       // last; not after cancel()
  };

  explicit Exchange(Host host) : host_(host), watch_(host), timer_(host) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() { cancel(); }

  // Sends GET `target`. What fails at once is returned, and `end` is not called then; else the cause is none.
  // An answer that is not whole after `patience` (0: any time is good) is broken. Replaces what went on.
  Ended start(const Address& address, std::string_view target, std::chrono::microseconds patience,
              Handler handler);
  void cancel();

  bool active() const { return fd_ >= 0; }
  // Of the answer; 0 until its head is there.
  int status() const { return reader_.status(); }
  // Reads what is there already, up to some MiB.
  void read_now();

 private:
  Ended open(const Address& address);
  void ready();
  void send_rest();
  bool read_some();
  void end(Cause cause, std::string text);

  Host host_;
  FdWatch watch_;
  Timer timer_;
  int fd_ = -1;
  std::uint64_t run_ = 0;  // grows with every start and cancel
  std::string place_, unsent_;
  HttpReader reader_;
  std::shared_ptr<const Handler> handler_;
};

}  // namespace bus::docker
