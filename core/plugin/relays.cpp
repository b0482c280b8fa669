#include "core/plugin/relays.h"

#include <atomic>
#include <utility>

#include "bus/ext/relay.h"

namespace bus::plugin {

// The answer may come when the runner and the relays are gone: then the mailbox takes no more.
class Relays::Way final : public http::Reply {
 public:
  Way(Relays& relays, Id id) : relays_(relays), id_(id), mailbox_(relays.runner_.mailbox()) {}

  bool send(http::Response response) override {
    if (answered_.exchange(true)) return false;
    return mailbox_.post("relay", [relays = &relays_, id = id_, response = std::move(response)] {
      relays->take(id, response);
    });
  }
  bool is_awaited() const override { return !answered_.load(); }

 private:
  Relays& relays_;
  const Id id_;
  const loop::Runner::Mailbox mailbox_;
  std::atomic<bool> answered_{false};
};

Relays::Relays(loop::Runner& runner, std::function<void(std::string_view)> hit)
    : runner_(runner), hit_(std::move(hit)) {}

Result<Relays::Place> Relays::add(Answered answered) {
  if (open_.size() >= BUS_RELAY_MAX) {
    hit_("relays");
    return error(Code::unavailable, "64 requests that this source passed on are not answered yet");
  }
  const Id id = ++last_;
  open_.emplace(id, std::move(answered));
  return Place{id, std::make_shared<Way>(*this, id)};
}

void Relays::forget(Id id) {
  open_.erase(id);
}

void Relays::forget_all() {
  open_.clear();
}

void Relays::take(Id id, const http::Response& answer) {
  const auto found = open_.extract(id);
  if (!found.empty()) found.mapped()(id, answer);
}

}  // namespace bus::plugin
