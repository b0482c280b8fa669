#include "core/http/later.h"

#include "core/http/admission.h"

namespace bus::http {

bool LaterReply::send(Response response) {
  WaitKey key;
  {
    MutexLock lock(mutex_);
    if (phase_ == Phase::asked) {
      phase_ = Phase::answered;
      early_ = std::move(response);
      return true;
    }
    if (phase_ != Phase::parked) return false;
    phase_ = Phase::over;
    key = key_;
  }
  const auto pass = desk_->gate.enter();
  return pass && desk_->admission.answer(key, std::move(response));
}

bool LaterReply::is_awaited() const {
  MutexLock lock(mutex_);
  return phase_ == Phase::asked || phase_ == Phase::parked;
}

std::optional<Response> LaterReply::take_locked() {
  if (phase_ != Phase::answered) return std::nullopt;
  phase_ = Phase::over;
  return std::exchange(early_, std::nullopt);
}

std::optional<Response> LaterReply::take() {
  MutexLock lock(mutex_);
  return take_locked();
}

std::optional<Response> LaterReply::park(WaitKey key) {
  MutexLock lock(mutex_);
  if (phase_ == Phase::asked) {
    phase_ = Phase::parked;
    key_ = key;
  }
  return take_locked();
}

void LaterReply::give_up() {
  MutexLock lock(mutex_);
  phase_ = Phase::over;
  early_.reset();
}

}  // namespace bus::http
