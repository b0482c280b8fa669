#include "core/fanout/mailbox.h"

#include <sys/eventfd.h>

#include <utility>

namespace bus::fanout {

Mailbox::Mailbox() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Mailbox::set_owner(std::thread::id owner) {
  MutexLock lock(mutex_);
  owner_ = owner;
}

void Mailbox::signal() {
  if (signalled_ || owner_ == std::this_thread::get_id()) return;
  signalled_ = true;
  ::eventfd_write(event_.get(), 1);
}

void Mailbox::leave(Answer answer) {
  MutexLock lock(mutex_);
  mail_.answers.push_back(std::move(answer));
  signal();
}

void Mailbox::leave(Ready ready) {
  MutexLock lock(mutex_);
  mail_.ready.push_back(std::move(ready));
  signal();
}

void Mailbox::leave_close_entrance() {
  MutexLock lock(mutex_);
  mail_.close_entrance = true;
  signal();
}

void Mailbox::leave_stop() {
  MutexLock lock(mutex_);
  mail_.stop = true;
  signal();
}

Mail Mailbox::take() {
  MutexLock lock(mutex_);
  if (std::exchange(signalled_, false)) {
    eventfd_t ignored = 0;
    ::eventfd_read(event_.get(), &ignored);
  }
  return std::exchange(mail_, {});
}

}  // namespace bus::fanout
