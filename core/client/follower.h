// Follower: a subscription that outlives its host. It connects again and goes on behind the last event it
// gave out, so that its user sees each event once and in order.
//
// A host that broke off is replaced (where starting one is wanted). One that said that it stops was stopped
// by somebody: the follower waits until there is one again and starts none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/client/connect.h"
#include "core/client/connection.h"
#include "core/client/notes.h"

namespace bus::client {

struct Subscribe {
  std::string where;  // predicate; empty: everything
  std::string since = "now";
  std::string cursor;     // named, durable; moved by ack()
  bool new_only = false;  // only reports that moved their task
  bool data = true;
};

struct Item {
  enum class Kind : std::uint8_t { event, gap, caught_up, stopped };
  Kind kind = Kind::event;
  std::uint64_t seq = 0;  // of the event; the last seq of a gap; the position when caught up
  std::uint64_t gap_from = 0;
  json::Node node;        // the event
  std::string_view text;  // the event's bytes
};

// One thread. Items are valid until the next call.
class Follower {
 public:
  // Connects and subscribes. Returns only when the host has answered: nothing after this moment is missed. A
  // host that goes away before it has answered is tried again, or the next one, for 5 s.
  static Result<Follower> open(const config::Paths& paths, const ConnectOptions& connect,
                               Subscribe subscribe);

  // The next item; nullopt when `deadline` has passed. While the host is away it tries again, with pauses
  // from 50 ms to 2 s; only a refusal of the subscription itself is an error.
  Result<std::optional<Item>> next(std::optional<Mono> deadline);

  // Stores that everything up to `seq` is done. Code::unavailable while the host is away, and when it went
  // away before it answered: it may have been stored. REQUIRES: the subscription has a cursor.
  Status ack(std::uint64_t seq);

  // Says something to the host, now or when there is one again. Whether it has heard it: notes().
  void say(std::uint64_t topic, Notes::Lasts lasts, Notes::Make make) {
    notes_.say(connection_.get(), topic, lasts, std::move(make));
  }
  Notes& notes() { return notes_; }
  const Notes& notes() const { return notes_; }

  // For other questions on the same conversation. REQUIRES: fd() >= 0.
  Connection& connection() { return *connection_; }
  // The same for a question that has to be answered: a host that goes away before it has answered is asked
  // again, or the next one, for 5 s. `question(connection())` gives a Status or a Result, and may be called
  // more than once.
  template <class Question>
  auto asking(Question question) -> decltype(question(std::declval<Connection&>())) {
    std::optional<Mono> until;
    for (;;) {
      if (Status there = connected(until); !there) return std::move(there).error();
      auto answer = question(*connection_);
      if (answer || !broke_off(answer.error(), until)) return answer;
    }
  }
  // The host's head when the subscription was opened.
  std::uint64_t head() const { return head_; }
  // To poll for readability together with other descriptors; call next() with a deadline of now then. Items
  // may be waiting without the descriptor being readable: has_item().
  int fd() const { return connection_ ? connection_->fd() : -1; }
  bool has_item() const { return connection_ && connection_->has_frame(); }

 private:
  Follower(config::Paths paths, ConnectOptions connect, Subscribe subscribe)
      : paths_(std::move(paths)), options_(std::move(connect)), subscribe_(std::move(subscribe)) {}
  Status subscribe();
  Status reconnect(std::optional<Mono> deadline);
  Status connected(std::optional<Mono>& until);
  bool broke_off(const Error& error, std::optional<Mono>& until);
  std::optional<Item> item_of(const Frame& frame);

  config::Paths paths_;
  ConnectOptions options_;
  Subscribe subscribe_;
  std::unique_ptr<Connection> connection_;
  Notes notes_;
  std::int64_t sub_ = -1;
  std::uint64_t head_ = 0;
  std::optional<std::uint64_t> last_;  // given out or passed over
  bool announced_ = false;             // caught_up was given out
  bool stopped_ = false;               // the host said that it stops; none has come since
};

}  // namespace bus::client
