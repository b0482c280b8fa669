#include "core/plugin/streams.h"

#include <utility>

#include "bus/ext/stream.h"

namespace bus::plugin {

Streams::Streams(loop::Runner& runner, Outbound& outbound, std::function<void(std::string_view)> hit)
    : runner_(runner), outbound_(outbound), hit_(std::move(hit)) {}

Result<Streams::Id> Streams::open(http::ClientRequest request, std::string upgrade, Calls calls) {
  if (open_.size() >= BUS_STREAM_MAX) {
    hit_("streams");
    return error(Code::unavailable, "16 streams of this plugin are open");
  }
  const Id id = ++last_;
  const auto wire = std::make_shared<Wire>();
  if (Status begun = outbound_.begin(wire, std::move(request), std::move(upgrade), ears_of(id, wire)); !begun)
    return std::move(begun).error();
  open_.emplace(id, Open{wire, std::make_shared<const Calls>(std::move(calls)), false});
  return id;
}

// What they hear may come when the runner and this are gone: then the mailbox takes no more.
Wire::Ears Streams::ears_of(Id id, const std::shared_ptr<Wire>& wire) {
  const auto mailbox = runner_.mailbox();
  Wire::Ears ears;
  ears.opened = [this, id, mailbox](http::ClientResponse head) {
    mailbox.post("stream", [this, id, head = std::move(head)] { take_head(id, head); });
  };
  ears.heard = [this, id, mailbox, weak = std::weak_ptr(wire)](std::string bytes) {
    mailbox.post("stream", [this, id, weak, bytes = std::move(bytes)] {
      take(id, bytes);
      if (const auto heard_by = weak.lock()) heard_by->taken(bytes.size());
    });
  };
  ears.over = [this, id, mailbox](Status why) {
    mailbox.post("stream", [this, id, why = std::move(why)] { take_end(id, why); });
  };
  return ears;
}

Status Streams::write(Id id, std::string_view bytes) {
  const auto found = open_.find(id);
  if (found == open_.end() || !found->second.upgraded)
    return error(Code::invalid, "no stream that takes bytes is open");
  Status written = found->second.wire->write(bytes);
  if (!written) hit_("stream_bytes");
  return written;
}

void Streams::close(Id id) {
  const auto found = open_.extract(id);
  if (!found.empty()) found.mapped().wire->close();
}

void Streams::cancel_all() {
  for (const auto& [id, open] : open_) open.wire->cancel();
  open_.clear();
}

void Streams::take_head(Id id, const http::ClientResponse& head) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  found->second.upgraded = head.status == 101;
  const auto calls = found->second.calls;
  calls->opened(id, head);
}

void Streams::take(Id id, std::string_view bytes) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  const auto calls = found->second.calls;
  calls->heard(id, bytes);
}

void Streams::take_end(Id id, const Status& why) {
  const auto found = open_.extract(id);
  if (!found.empty()) found.mapped().calls->over(id, why);
}

}  // namespace bus::plugin
