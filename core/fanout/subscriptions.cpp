// The subscribing half of ServerLoop.
#include "core/fanout/server_loop.h"
#include "core/fanout/since.h"

namespace bus::fanout {
namespace {

constexpr std::size_t kBatchEvents = 512;
constexpr std::size_t kBatchBytes = 512u << 10;
constexpr std::size_t kSubscriptions = 256;  // of one client

}  // namespace

void ServerLoop::subscribe(Connection& connection, const wire::Request& request) {
  auto opened = open(connection, request);
  if (!opened) return connection.out.frame(wire::refusal(request.id, opened.error()));
  std::string result;
  json::Writer(result)
      .begin_object()
      .member("position", (*opened)->reader->position())
      .member("head", hub_.head())
      .end_object();
  connection.out.frame(wire::answer(request.id, result));
  connection.subscriptions.emplace(request.id, *opened);
  queue_pump(connection.number, *opened);
}

Result<std::uint64_t> ServerLoop::start_of(const wire::Request& request) {
  const auto since = request.text_of("since");
  if (!since) return since.error();
  const auto name = request.text_of("cursor");
  if (!name) return name.error();
  if (!name->empty()) {
    auto stored = store_.cursor(*name);
    if (stored) return stored->seq;
    if (stored.error().code != Code::not_found) return std::move(stored).error();
  }
  // Without a place, the reader begins behind what has been published: what is stored but not yet passed on
  // is new.
  auto after = since->empty() || *since == "now" ? Result<std::uint64_t>(hub_.head())
                                                 : resolve_since(*since, store_, clock_);
  if (!after || name->empty()) return after;
  if (Status saved = store_.save_cursor(*name, *after); !saved) return std::move(saved).error();
  return after;
}

Result<std::shared_ptr<Subscription>> ServerLoop::open(Connection& connection, const wire::Request& request) {
  if (connection.subscriptions.contains(request.id)) {
    return error(Code::conflict, "id " + std::to_string(request.id) + " is in use by a subscription");
  }
  if (connection.subscriptions.size() >= kSubscriptions) {
    return error(Code::limit, "more than " + std::to_string(kSubscriptions) + " subscriptions of one client");
  }
  ReaderOptions options;
  options.buffer_bytes = options_.reader_buffer;
  const auto where = request.text_of("where");
  if (!where) return where.error();
  if (!where->empty()) {
    auto predicate = predicate::compile(*where);
    if (!predicate) return std::move(predicate).error();
    options.predicate = std::move(*predicate);
  }
  const auto reports = request.text_of("reports");
  if (!reports) return reports.error();
  if (!reports->empty() && *reports != "new" && *reports != "all") {
    return error(Code::invalid, "'reports' must be new or all");
  }
  options.reports_all = *reports != "new";
  const auto data = request.boolean_of("data", true);
  if (!data) return data.error();
  const auto after = start_of(request);
  if (!after) return after.error();
  options.after = *after;

  auto subscription = std::make_shared<Subscription>();
  subscription->sub = request.id;
  subscription->prefix = wire::event_prefix(request.id);
  subscription->data = *data;
  options.wake = [mailbox = mailbox_, number = connection.number, weak = std::weak_ptr(subscription)] {
    mailbox->leave(Ready{number, weak});
  };
  subscription->reader = hub_.open(std::move(options));
  return subscription;
}

void ServerLoop::unsubscribe(Connection& connection, const wire::Request& request) {
  const std::int64_t sub = request.body["sub"].integer().value_or(-1);
  if (connection.subscriptions.erase(sub) == 0) {
    return connection.out.frame(
        wire::refusal(request.id, error(Code::not_found, "no subscription " + std::to_string(sub))));
  }
  connection.out.frame(wire::answer(request.id, "{}"));
}

void ServerLoop::ack(Connection& connection, const wire::Request& request) {
  const auto name = request.text_of("cursor");
  const auto seq = request.integer_of("seq", -1, 0, INT64_MAX);
  Status done = Ok{};
  if (!name || name->empty()) {
    done = error(Code::invalid, "'cursor' must name a cursor");
  } else if (!seq || *seq < 0 || static_cast<std::uint64_t>(*seq) > store_.bounds().last) {
    done = error(Code::invalid, "'seq' must be that of an event");
  } else {
    done = store_.save_cursor(*name, static_cast<std::uint64_t>(*seq));
  }
  connection.out.frame(done ? wire::answer(request.id, "{}") : wire::refusal(request.id, done.error()));
}

void ServerLoop::queue_pump(std::uint64_t number, const std::shared_ptr<Subscription>& subscription) {
  if (subscription->queued) return;
  subscription->queued = true;
  pumping_.push_back({number, subscription});
}

void ServerLoop::pump_queued() {
  std::vector<Ready> again;
  for (Ready& ready : std::exchange(pumping_, {})) {
    const auto subscription = ready.subscription.lock();
    Connection* connection = find(ready.number);
    if (!subscription || connection == nullptr) continue;
    subscription->queued = pump(*connection, *subscription);
    if (subscription->queued) again.push_back(std::move(ready));
    touch(*connection);
  }
  pumping_.insert(pumping_.end(), std::make_move_iterator(again.begin()),
                  std::make_move_iterator(again.end()));
}

bool ServerLoop::pump(Connection& connection, Subscription& subscription) {
  if (!connection.may_pump()) return false;  // flush() queues it again
  auto batch = subscription.reader->read(kBatchEvents, kBatchBytes);
  if (!batch) {
    connection.closing = connection.protocol1;  // that one has no word for it
    if (!connection.protocol1) connection.out.frame(wire::end_message(subscription.sub, batch.error()));
    connection.subscriptions.erase(subscription.sub);
    return false;
  }
  if (subscription.protocol1) {
    for (const store::RecordPtr& record : batch->records) write_protocol1(connection, subscription, *record);
    return !batch->caught_up && connection.may_pump();
  }
  if (batch->gap) connection.out.frame(wire::gap_message(subscription.sub, batch->gap->from, batch->gap->to));
  for (const store::RecordPtr& record : batch->records) {
    connection.out.event_frame(subscription.prefix, record, !subscription.data);
  }
  if (batch->caught_up && !subscription.announced) {
    subscription.announced = true;
    connection.out.frame(wire::caught_up_message(subscription.sub, batch->position));
  }
  return !batch->caught_up && connection.may_pump();
}

void ServerLoop::end_subscriptions(const Error& why) {
  for (const auto& [number, connection] : connections_) {
    for (const auto& [sub, subscription] : connection->subscriptions) {
      if (!connection->protocol1) connection->out.frame(wire::end_message(sub, why));
    }
    connection->subscriptions.clear();
    touch(*connection);
  }
}

}  // namespace bus::fanout
