// The part of ServerLoop that serves subscribers of protocol 1.
#include "core/event/json_form.h"
#include "core/fanout/server_loop.h"

namespace bus::fanout {

namespace protocol1 = wire::protocol1;

void ServerLoop::subscribe_protocol1(Connection& connection, json::Node request) {
  protocol1::Reading reading = protocol1::read_subscribe(request);
  const auto refuse = [&](const protocol1::Refusal& refusal) {
    refused_.add();
    connection.out.frame(protocol1::subscribe_rejected(refusal));
    connection.closing = true;
  };
  if (reading.refusal) return refuse(*reading.refusal);
  const std::optional<Ulid> since = reading.subscribe->since;
  auto opened = open_protocol1(connection, std::move(*reading.subscribe));
  if (!opened) {
    const bool lost = opened.error().code == Code::not_found;
    return refuse({lost ? "unknown_cursor" : "unavailable", opened.error().message});
  }
  std::optional<Ulid> caught_up_at;
  if (since && hub_.head() != 0) {
    const auto newest = store_.find(hub_.head());
    if (newest) {
      const auto node = document_.parse((*newest)->json.text);
      if (node) caught_up_at = Ulid::parse((*node)["id"].string_or(""));
    }
  }
  connection.out.frame(protocol1::subscribe_ack(caught_up_at));
  connection.greeted = connection.protocol1 = true;
  if (protocol1_clients_++ == 0) next_beat_ = clock_.monotonic() + protocol1::kHeartbeat;
  connection.subscriptions.emplace(0, *opened);
  queue_pump(connection.number, *opened);
}

Result<std::shared_ptr<Subscription>> ServerLoop::open_protocol1(Connection& connection,
                                                                 protocol1::Subscribe wanted) {
  ReaderOptions options;
  options.buffer_bytes = options_.reader_buffer;
  options.after = hub_.head();
  if (wanted.since) {
    const auto seq = store_.seq_of(*wanted.since);
    if (!seq) return seq.error();
    options.after = *seq;
  }
  auto subscription = std::make_shared<Subscription>();
  subscription->protocol1 = std::move(wanted);
  options.wake = [mailbox = mailbox_, number = connection.number, weak = std::weak_ptr(subscription)] {
    mailbox->leave(Ready{number, weak});
  };
  subscription->reader = hub_.open(std::move(options));
  return subscription;
}

void ServerLoop::write_protocol1(Connection& connection, const Subscription& subscription,
                                 const store::Record& record) {
  std::optional<event::Event> decoded;
  if (!record.event) {
    const auto node = document_.parse(record.json.text);
    auto event = node ? event::decode(*node, {}) : Result<event::Event>(node.error());
    if (!event) return;
    decoded = std::move(*event);
  }
  const event::Event& event = record.event ? *record.event : *decoded;
  if (subscription.protocol1->wants(event)) connection.out.frame(protocol1::event_frame(event));
}

int ServerLoop::heartbeat_in() const {
  if (protocol1_clients_ == 0) return -1;
  const auto left = std::chrono::ceil<milliseconds>(next_beat_ - clock_.monotonic());
  return left.count() <= 0 ? 0 : static_cast<int>(left.count());
}

void ServerLoop::beat() {
  next_beat_ = clock_.monotonic() + protocol1::kHeartbeat;
  const std::string body =
      protocol1::heartbeat(clock_.now(), std::chrono::floor<seconds>(clock_.monotonic() - started_));
  for (const auto& [number, connection] : connections_) {
    if (!connection->protocol1) continue;
    connection->out.frame(body);
    touch(*connection);
  }
}

}  // namespace bus::fanout
