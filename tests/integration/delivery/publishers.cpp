#include "tests/integration/delivery/publishers.h"

#include <deque>
#include <random>

#include "core/client/connection.h"

namespace bus::integration {
namespace {

constexpr std::size_t kUnderWay = 4;
constexpr unsigned kAhead = 60;  // facts

class Sender {
 public:
  explicit Sender(const Publishing& work) : work_(work), dice_(work.seed) {}

  bool done() const { return acknowledged_ == work_.facts || system_clock().monotonic() >= work_.deadline; }

  void converse() {
    auto connection = client::Connection::open(work_.stack.paths().socket());
    if (!connection) return;
    sent_ = acknowledged_;
    under_way_.clear();
    durable_ = dice_() % 4 == 0;  // for all of it: answers come in the order of asking then
    while (!done()) {
      while (sent_ < work_.facts && under_way_.size() < kUnderWay) {
        if (!send(*connection)) return;
      }
      const auto frame = connection->next(work_.deadline);
      if (!frame || !*frame || under_way_.empty() || (*frame)->id() != under_way_.front().id) return;
      if (!take((*frame)->node["result"]["results"])) return;
    }
  }

  void append_inside() {
    ingest::Ingest* ingest = work_.stack.enter(work_.deadline);
    if (ingest == nullptr) return;
    std::vector<store::NewEvent> events;
    const unsigned count = batch(acknowledged_);
    for (unsigned i = 1; i <= count; ++i) events.push_back(event_of({work_.publisher, acknowledged_ + i}));
    const auto durability = dice_() % 4 == 0 ? ingest::Durability::disk : ingest::Durability::commit;
    for (const ingest::Answer& answer : ingest->append(std::move(events), durability)) {
      if (!answer || !tell(answer->seq, answer->id.text())) break;
    }
    work_.stack.leave();
  }

  // Nobody gets far ahead of the slowest, so that all are at it until the end.
  void keep_pace() const {
    const unsigned own = acknowledged_ > kAhead ? acknowledged_ - kAhead : 0;
    work_.oracle.wait_for(std::size_t{own} * work_.publishers, work_.deadline);
  }

 private:
  struct Request {
    std::int64_t id = 0;
    unsigned facts = 0;
  };

  unsigned batch(unsigned behind) {
    return std::min<unsigned>(work_.facts - behind, 1 + static_cast<unsigned>(dice_() % 20));
  }

  bool send(client::Connection& connection) {
    const unsigned count = batch(sent_);
    client::Call call("emit");
    call.params().member("durable", durable_).key("events").begin_array();
    for (unsigned i = 1; i <= count; ++i) {
      const Fact fact{work_.publisher, sent_ + i};
      call.params().begin_object().member("source", fact.source()).member("type", fact.type());
      call.params().member("key", fact.key()).key("data").raw(fact.data()).end_object();
    }
    call.params().end_array();
    const auto id = connection.send(std::move(call));
    if (!id) return false;
    under_way_.push_back({*id, count});
    sent_ += count;
    return true;
  }

  bool take(json::Node receipts) {
    if (receipts.size() != under_way_.front().facts) return false;
    under_way_.pop_front();
    for (const json::Node receipt : receipts.elements()) {
      const auto seq = receipt["seq"].integer();
      if (!seq || !tell(static_cast<std::uint64_t>(*seq), std::string(receipt["id"].string_or(""))))
        return false;
    }
    keep_pace();
    return true;
  }

  bool tell(std::uint64_t seq, std::string id) {
    if (!work_.oracle.told({work_.publisher, acknowledged_ + 1}, seq, std::move(id))) return false;
    ++acknowledged_;
    return true;
  }

  const Publishing& work_;
  std::mt19937_64 dice_;
  unsigned acknowledged_ = 0;
  unsigned sent_ = 0;
  bool durable_ = false;
  std::deque<Request> under_way_;
};

}  // namespace

void publish_over_socket(const Publishing& work) {
  Sender sender(work);
  while (!sender.done() && work.stack.wait_up(work.deadline)) sender.converse();
}

void publish_inside(const Publishing& work) {
  Sender sender(work);
  while (!sender.done()) {
    sender.append_inside();
    sender.keep_pace();
  }
}

}  // namespace bus::integration
