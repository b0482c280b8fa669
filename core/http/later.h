// The answers that handlers give later. For this folder only.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "core/base/clock.h"
#include "core/base/gate.h"
#include "core/base/mutex.h"
#include "core/http/message.h"

namespace bus::http {

class Admission;
class Connection;

// Where a connection whose answer comes later is found again.
using WaitKey = std::pair<Mono, Connection*>;

// What answers need of the server. The gate is closed before the server is gone.
struct ReplyDesk {
  explicit ReplyDesk(Admission& a) : admission(a) {}
  Gate gate;
  Admission& admission;
};

class LaterReply final : public Reply {
 public:
  explicit LaterReply(std::shared_ptr<ReplyDesk> desk) : desk_(std::move(desk)) {}

  bool send(Response response) override;
  bool is_awaited() const override;

  // Of the thread that runs the handler, when the handler has returned: the answer if it is there already.
  std::optional<Response> take();
  // The connection can be found under this key from now on. The answer, if it came before that.
  std::optional<Response> park(WaitKey key);
  // Nobody waits any more.
  void give_up();

 private:
  enum class Phase { asked, answered, parked, over };

  std::optional<Response> take_locked() BUS_REQUIRES(mutex_);

  const std::shared_ptr<ReplyDesk> desk_;
  mutable Mutex mutex_;
  Phase phase_ BUS_GUARDED_BY(mutex_) = Phase::asked;
  std::optional<Response> early_ BUS_GUARDED_BY(mutex_);
  WaitKey key_ BUS_GUARDED_BY(mutex_){};
};

}  // namespace bus::http
