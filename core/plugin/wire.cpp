#include "core/plugin/wire.h"

#include <sys/eventfd.h>

#include <utility>

#include "bus/ext/stream.h"

namespace bus::plugin {
namespace {

constexpr milliseconds kSendPatience{30'000};  // with a server that takes nothing
constexpr milliseconds kClosePatience{2'000};  // when nobody waits for it any more

}  // namespace

Wire::Wire() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Status Wire::write(std::string_view bytes) {
  {
    MutexLock lock(mutex_);
    if (out_.size() + bytes.size() > BUS_STREAM_MAX_WRITE)
      return error(Code::unavailable, "the server does not take what is written");
    out_.append(bytes);
  }
  wake();
  return Ok{};
}

void Wire::taken(std::size_t bytes) {
  MutexLock lock(mutex_);
  unread_ -= bytes;
  room_.notify_all();
}

void Wire::close() {
  bool open = false;
  {
    MutexLock lock(mutex_);
    closing_ = true;
    open = open_;
    room_.notify_all();
  }
  if (open) {
    wake();
  } else {
    cancel_->cancel();
  }
}

void Wire::cancel() {
  cancel_->cancel();
  MutexLock lock(mutex_);
  closing_ = true;
  room_.notify_all();
}

void Wire::run(http::HttpClient& client, http::ClientRequest request, const std::string& upgrade,
               const Ears& ears) {
  request.cancel = cancel_;
  auto talk = client.converse(request, {upgrade, wake_.get()});
  Status ended = Ok{};
  if (talk) {
    {
      MutexLock lock(mutex_);
      open_ = true;
    }
    if (!closing()) ears.opened((*talk)->head());
    ended = listen(**talk, ears);
  } else {
    ended = std::move(talk).error();
  }
  if (!closing()) ears.over(std::move(ended));
}

Status Wire::listen(http::Conversation& talk, const Ears& ears) {
  for (;;) {
    // First this, then the look at what is to be sent: what is written meanwhile wakes the next hear().
    eventfd_t wakes = 0;
    (void)::eventfd_read(wake_.get(), &wakes);
    const bool last = closing();
    if (const std::string out = take_out(); !out.empty()) {
      if (Status said = talk.say(out, last ? kClosePatience : kSendPatience); !said) return said;
    }
    if (last) return Ok{};
    if (!await_room()) continue;
    auto heard = talk.hear();
    if (!heard) return std::move(heard).error();
    if (heard->what == http::Heard::What::end) return Ok{};
    if (heard->what == http::Heard::What::woken) continue;
    count(heard->bytes.size());
    ears.heard(std::move(heard->bytes));
  }
}

std::string Wire::take_out() {
  MutexLock lock(mutex_);
  return std::exchange(out_, {});
}

bool Wire::closing() const {
  MutexLock lock(mutex_);
  return closing_;
}

bool Wire::await_room() {
  MutexLock lock(mutex_);
  while (unread_ > kReadAhead && !closing_) room_.wait(mutex_);
  return !closing_;
}

void Wire::count(std::size_t heard) {
  MutexLock lock(mutex_);
  unread_ += heard;
}

void Wire::wake() {
  (void)::eventfd_write(wake_.get(), 1);
}

}  // namespace bus::plugin
