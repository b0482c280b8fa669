#include "tests/integration/delivery/reader.h"

#include <algorithm>

#include "core/client/follower.h"

namespace bus::integration {
namespace {

using client::Call;
using client::Connection;
using client::Follower;

std::uint64_t seq_of(json::Node node) {
  return static_cast<std::uint64_t>(node.integer().value_or(0));
}

Error over() {
  return error(Code::timeout, "the deadline has passed");
}

// Frames as they come, nothing mended or passed over.
class BareLine final : public Line {
 public:
  explicit BareLine(Connection connection, std::string cursor)
      : connection_(std::move(connection)), cursor_(std::move(cursor)) {}

  // The place that the subscription begins behind.
  Result<std::uint64_t> subscribe(const Interest& interest, std::uint64_t after) {
    Call call("subscribe");
    call.params().member_if("where", interest.where).member_if("cursor", cursor_);
    call.params().member("since", cursor_.empty() ? std::to_string(after) : "start");
    const auto answer = connection_.ask(std::move(call));
    if (!answer) return answer.error();
    return seq_of((*answer)["position"]);
  }

  Result<Seen> next(Mono deadline) override {
    const auto frame = connection_.next(deadline);
    if (!frame) return frame.error();
    if (!*frame) return over();
    return seen_in((*frame)->node);
  }

  Status acknowledge(std::uint64_t seq) override {
    Call call("ack");
    call.params().member("cursor", cursor_).member("seq", seq);
    const auto answer = connection_.ask(std::move(call));
    if (!answer) return answer.error();
    return Ok{};
  }

 private:
  Connection connection_;
  std::string cursor_;
};

class FollowerLine final : public Line {
 public:
  explicit FollowerLine(Follower follower) : follower_(std::move(follower)) {}

  Result<Seen> next(Mono deadline) override {
    using Kind = client::Item::Kind;
    for (;;) {
      const auto next = follower_.next(deadline);
      if (!next) return next.error();
      if (!*next) return over();
      const client::Item& item = **next;
      if (item.kind == Kind::event)
        return Seen{Seen::Kind::event, item.seq, 0, std::string(item.node["key"].string_or(""))};
      if (item.kind == Kind::gap) return Seen{Seen::Kind::gap, item.seq, item.gap_from, {}};
      if (item.kind == Kind::caught_up) return Seen{Seen::Kind::caught_up, item.seq, 0, {}};
    }
  }

  Status acknowledge(std::uint64_t seq) override { return follower_.ack(seq); }

 private:
  Follower follower_;
};

}  // namespace

Result<Seen> seen_in(json::Node frame) {
  if (const json::Node event = frame["event"]; event.exists())
    return Seen{Seen::Kind::event, seq_of(event["seq"]), 0, std::string(event["key"].string_or(""))};
  if (const json::Node gap = frame["gap"]; gap.exists())
    return Seen{Seen::Kind::gap, seq_of(gap["to"]), seq_of(gap["from"]), {}};
  if (const json::Node position = frame["caught_up"]; position.exists())
    return Seen{Seen::Kind::caught_up, seq_of(position), 0, {}};
  return error(Code::stopping, "the subscription was ended");
}

void Reader::run() {
  oracle_.wait_for(habits_.joins_after, deadline_);
  while (!finished_ && wrong_.empty() && stack_.wait_up(deadline_)) {
    if (const std::unique_ptr<Line> line = open()) read_from(*line);
    if (system_clock().monotonic() >= deadline_) return;
  }
}

std::vector<std::uint64_t> Reader::starts() const {
  if (!habits_.acknowledges) return {position_};
  std::vector<std::uint64_t> out = in_doubt_;
  out.push_back(acknowledged_);
  return out;
}

std::unique_ptr<Line> Reader::open() {
  return habits_.follower ? open_follower() : open_bare();
}

std::unique_ptr<Line> Reader::open_bare() {
  auto connection = Connection::open(stack_.paths().socket());
  if (!connection) return nullptr;
  auto line = std::make_unique<BareLine>(std::move(*connection), habits_.acknowledges ? habits_.name : "");
  const auto position = line->subscribe(*habits_.interest, position_);
  if (!position) return nullptr;
  const std::vector<std::uint64_t> possible = starts();
  if (std::find(possible.begin(), possible.end(), *position) == possible.end())
    wrong_ = "the subscription begins behind " + std::to_string(*position);
  if (habits_.acknowledges) {
    acknowledged_ = *position;
    in_doubt_.clear();
  }
  sessions_.push_back({{*position}, {}});
  return line;
}

std::unique_ptr<Line> Reader::open_follower() {
  client::Subscribe subscribe;
  subscribe.where = habits_.interest->where;
  subscribe.since = std::to_string(position_);
  if (habits_.acknowledges) subscribe.cursor = habits_.name;
  client::ConnectOptions connect;
  connect.autostart = false;
  auto follower = Follower::open(stack_.paths(), connect, std::move(subscribe));
  if (!follower) return nullptr;
  sessions_.push_back({starts(), {}});
  return std::make_unique<FollowerLine>(std::move(*follower));
}

void Reader::read_from(Line& line) {
  for (std::size_t patience = 5 + dice_() % 300; !habits_.hangs_up || patience > 0; --patience) {
    if (habits_.dawdles && dice_() % 64 == 0)
      oracle_.wait_for(std::min(habits_.facts, oracle_.acknowledged() + 100 + dice_() % 400), deadline_);
    const auto seen = line.next(deadline_);
    if (!seen) return;
    note(*seen);
    if (seen->kind != Seen::Kind::event) continue;
    const bool last = seen->key == Fact{Fact::kLastPublisher, 1}.key();
    if (habits_.acknowledges && last && !acknowledge(line, seen->seq)) return;
    finished_ = last;
    if (finished_ || (habits_.acknowledges && !maybe_acknowledge(line, *seen))) return;
  }
}

void Reader::note(const Seen& seen) {
  sessions_.back().seen.push_back(seen);
  gaps_ += seen.kind == Seen::Kind::gap;
  if (!habits_.acknowledges) position_ = std::max(position_, seen.seq);
}

// The newest event, or one that came a while ago: what lies between is not done yet.
bool Reader::maybe_acknowledge(Line& line, const Seen& seen) {
  if (dice_() % 8 != 0) return true;
  const std::vector<Seen>& all = sessions_.back().seen;
  const Seen& chosen =
      dice_() % 3 == 0 ? all[all.size() - 1 - dice_() % std::min<std::size_t>(all.size(), 10)] : seen;
  if (chosen.kind != Seen::Kind::event) return true;
  // A follower goes on when the host is back; bare frames do not.
  return acknowledge(line, chosen.seq).ok() || habits_.follower;
}

Status Reader::acknowledge(Line& line, std::uint64_t seq) {
  if (seq > acknowledged_) in_doubt_.push_back(seq);
  Status done = line.acknowledge(seq);
  if (!done) {
    if (!done.error().retryable()) wrong_ = "the acknowledgement was refused: " + done.error().message;
    return done;
  }
  acknowledged_ = std::max(acknowledged_, seq);
  std::erase_if(in_doubt_, [this](std::uint64_t doubtful) { return doubtful <= acknowledged_; });
  return done;
}

Status Reader::verify() const {
  if (!wrong_.empty()) return error(Code::fault, wrong_);
  for (const Session& session : sessions_) {
    if (Status right = oracle_.verify(session, *habits_.interest); !right) return right;
  }
  if (!finished_) return error(Code::timeout, "the last event did not come");
  return Ok{};
}

}  // namespace bus::integration
