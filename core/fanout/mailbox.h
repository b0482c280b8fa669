// Mailbox: what other threads leave for the server's thread. Private to core/fanout.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/unique_fd.h"

namespace bus::fanout {

struct Subscription;

// An answer to a request of connection `number`, whose frame had `bytes`.
struct Answer {
  std::uint64_t number = 0;
  std::size_t bytes = 0;
  std::string body;
};

struct Ready {
  std::uint64_t number = 0;
  std::weak_ptr<Subscription> subscription;
};

struct Mail {
  std::vector<Answer> answers;
  std::vector<Ready> ready;
  bool close_entrance = false;
  bool stop = false;
};

// Safe for concurrent use. The first thing left since the last take() makes fd() readable, unless the
// server's own thread left it: that one looks before it sleeps anyway.
class Mailbox {
 public:
  Mailbox();

  int fd() const { return event_.get(); }
  void set_owner(std::thread::id owner);
  void leave(Answer answer);
  void leave(Ready ready);
  void leave_close_entrance();
  void leave_stop();
  Mail take();

 private:
  void signal() BUS_REQUIRES(mutex_);

  UniqueFd event_;
  Mutex mutex_;
  std::thread::id owner_ BUS_GUARDED_BY(mutex_);
  Mail mail_ BUS_GUARDED_BY(mutex_);
  bool signalled_ BUS_GUARDED_BY(mutex_) = false;
};

}  // namespace bus::fanout
