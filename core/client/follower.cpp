#include "core/client/follower.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "core/wire/message.h"

namespace bus::client {
namespace {

constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{2'000};
// For the next host, where one took the connection and went away before it answered.
constexpr milliseconds kNextHost{5'000};

}  // namespace

Result<Follower> Follower::open(const config::Paths& paths, const ConnectOptions& connect,
                                Subscribe subscribe) {
  Follower follower(paths, connect, std::move(subscribe));
  auto connection = client::connect(paths, connect);
  if (!connection) return std::move(connection).error();
  follower.connection_ = std::make_unique<Connection>(std::move(*connection));
  Status subscribed = follower.subscribe();
  if (!subscribed && subscribed.error().retryable()) {
    const Status again = follower.reconnect(system_clock().monotonic() + kNextHost);
    if (again || !again.error().retryable()) subscribed = again;
  }
  if (!subscribed) return std::move(subscribed).error();
  return follower;
}

Status Follower::subscribe() {
  Call call("subscribe");
  json::Writer& params = call.params();
  params.member_if("where", subscribe_.where)
      .member_if("cursor", subscribe_.cursor)
      .member("data", subscribe_.data);
  params.member("reports", subscribe_.new_only ? "new" : "all");
  // With a cursor the host knows the place; without, we do.
  params.member("since", last_ && subscribe_.cursor.empty() ? std::to_string(*last_) : subscribe_.since);
  auto sub = connection_->send(std::move(call));
  if (!sub) return sub.error();
  sub_ = *sub;
  for (;;) {
    const auto frame = connection_->next(std::nullopt);
    if (!frame && frame.error().code == Code::stopping) continue;
    if (!frame) return frame.error();
    if ((*frame)->id() != sub_ && (*frame)->id() != 0) continue;
    if (const json::Node why = (*frame)->node["error"]; why.exists()) return wire::read_error(why);
    const json::Node result = (*frame)->node["result"];
    head_ = static_cast<std::uint64_t>(result["head"].integer().value_or(0));
    if (!last_) last_ = static_cast<std::uint64_t>(result["position"].integer().value_or(0));
    return Ok{};
  }
}

// Tries until the deadline. Only a refusal that a retry cannot mend ends it before.
Status Follower::reconnect(std::optional<Mono> deadline) {
  connection_.reset();
  for (milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    ConnectOptions options = options_;
    options.autostart = options.autostart && !stopped_;
    auto connection = client::connect(paths_, options);
    if (connection) {
      connection_ = std::make_unique<Connection>(std::move(*connection));
      Status subscribed = subscribe();
      if (subscribed) {
        stopped_ = false;
        notes_.say_again(*connection_);
      }
      if (subscribed || !subscribed.error().retryable()) return subscribed;
      stopped_ = stopped_ || (last_ && subscribed.error().code == Code::stopping);
      connection_.reset();
    } else if (!connection.error().retryable()) {
      return std::move(connection).error();
    }
    milliseconds wait = pause;
    if (deadline) {
      const auto left = std::chrono::ceil<milliseconds>(*deadline - system_clock().monotonic());
      if (left.count() <= 0) return error(Code::timeout, "the host is away");
      wait = std::min(wait, left);
    }
    if (::poll(nullptr, 0, static_cast<int>(wait.count())) < 0) return error(Code::stopping, "interrupted");
  }
}

// `until`: for how long the next host is waited for; set where there is none.
Status Follower::connected(std::optional<Mono>& until) {
  if (connection_) return Ok{};
  if (!until) until = system_clock().monotonic() + kNextHost;
  return reconnect(until);
}

// True where it is to be tried again.
bool Follower::broke_off(const Error& error, std::optional<Mono>& until) {
  if (error.code != Code::unavailable && error.code != Code::stopping) return false;
  const Mono now = system_clock().monotonic();
  if (!until) until = now + kNextHost;
  connection_.reset();
  if (now >= *until) return false;
  return ::poll(nullptr, 0, kFirstPause.count()) == 0;
}

std::optional<Item> Follower::item_of(const Frame& frame) {
  Item item;
  if (const json::Node event = frame.node["event"]; event.exists()) {
    item.seq = static_cast<std::uint64_t>(event["seq"].integer().value_or(0));
    if (last_ && item.seq <= *last_) return std::nullopt;
    last_ = item.seq;
    item.node = event;
    item.text = json::raw_member(frame.text, "event");
    return item;
  }
  if (const json::Node gap = frame.node["gap"]; gap.exists()) {
    item.kind = Item::Kind::gap;
    item.gap_from = static_cast<std::uint64_t>(gap["from"].integer().value_or(0));
    item.seq = static_cast<std::uint64_t>(gap["to"].integer().value_or(0));
    if (last_) {  // a cursor may lie behind what was given out before the host went away
      if (item.seq <= *last_) return std::nullopt;
      item.gap_from = std::max(item.gap_from, *last_ + 1);
    }
    last_ = item.seq;
    return item;
  }
  if (const json::Node position = frame.node["caught_up"]; position.exists()) {
    item.kind = Item::Kind::caught_up;
    item.seq = static_cast<std::uint64_t>(position.integer().value_or(0));
    last_ = std::max(item.seq, last_.value_or(0));
    if (!std::exchange(announced_, true)) return item;
  }
  return std::nullopt;
}

Result<std::optional<Item>> Follower::next(std::optional<Mono> deadline) {
  for (;;) {
    if (!connection_) {
      Status back = reconnect(deadline);
      if (!back && back.error().code == Code::timeout) return std::optional<Item>();
      if (!back) return std::move(back).error();
    }
    const auto frame = connection_->next(deadline);
    if (!frame) {
      if (frame.error().code == Code::stopping) return frame.error();
      connection_.reset();
      continue;
    }
    if (!*frame) return std::optional<Item>();
    if ((*frame)->sub() != sub_) {
      notes_.take(**frame);
      continue;
    }
    if (const json::Node end = (*frame)->node["end"]; end.exists()) {
      Error why = wire::read_error(end);
      if (!why.retryable()) return why;
      connection_.reset();
      if (why.code != Code::stopping || std::exchange(stopped_, true)) continue;
      Item item;
      item.kind = Item::Kind::stopped;
      return std::optional<Item>(item);
    }
    if (auto item = item_of(**frame)) return item;
  }
}

Status Follower::ack(std::uint64_t seq) {
  if (!connection_) return error(Code::unavailable, "the host is away");
  Call call("ack");
  call.params().member("cursor", subscribe_.cursor).member("seq", seq);
  const auto done = connection_->ask(std::move(call));
  if (!done) return done.error();
  return Ok{};
}

}  // namespace bus::client
