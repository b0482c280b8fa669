#include "sources/exec/delivery.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bus::exec {
namespace {

constexpr std::chrono::seconds kAgain(1);       // until what the host did not take is offered again
constexpr std::uint32_t kKeptAMinute = 60;      // bad lines that become events
constexpr std::size_t kMaxAtOnce = 4096;        // lines in one commit
constexpr std::size_t kTellAtOnce = 64u << 10;  // bytes of acknowledgements

// A host that goes down, or could not even look, leaves receipts as they were.
bool may_work_later(const Receipt& receipt) {
  if (receipt.code == Code::ok) return receipt.seq == 0 && !receipt.known;
  return receipt.code == Code::unavailable || receipt.code == Code::stopping;
}

}  // namespace

Delivery::Delivery(Host host, Program& program, bool acknowledge)
    : host_(host),
      program_(program),
      acknowledging_(acknowledge),
      reader_(Form(host), host.name()),
      timer_(host),
      kept_(kKeptAMinute),
      events_(Metric::counter(host, "events_total", "Lines that became events.")),
      bad_(Metric::counter(host, "bad_lines_total", "Lines that are no event.")),
      bad_not_kept_(Metric::counter(host, "bad_lines_not_kept_total",
                                    "Bad lines of which nothing is kept but this number.")) {}

void Delivery::begin() {
  reader_.restart();
  untold_.clear();  // of the run before
  program_.on_drained([this] {
    deaf_ = false;
    acknowledge();
    steer();
  });
  steer();
}

void Delivery::program_ended() {
  untold_.clear();
  deaf_ = false;
}

void Delivery::stop() noexcept {
  timer_.cancel();
}

void Delivery::take(const std::vector<Program::Line>& lines) {
  for (const Program::Line& line : lines) {
    auto item = reader_.read(line);
    if (!item) continue;
    if (!item->event) set_aside(*item);
    waiting_.push_back(std::move(*item));
  }
  if (!stuck_) store();
}

// A bad line becomes an event of its own, if there are not too many of them.
void Delivery::set_aside(Item& item) {
  bad_.add();
  if (!kept_.take(host_.now_us())) return bad_not_kept_.add();
  item.event = bad_line_event(host_.name(), item);
  std::string line = "line " + std::to_string(item.line) + " is no event: " + to_utf8(item.why);
  if (const std::uint64_t before = kept_.take_left_out(); before > 0)
    line += " (" + std::to_string(before) + " before it were only counted)";
  host_.log(BUS_LOG_WARNING, line);
}

void Delivery::store() {
  stuck_ = false;
  while (!waiting_.empty() && !stuck_) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kMaxAtOnce));
    std::vector<Item> items(std::make_move_iterator(waiting_.begin()),
                            std::make_move_iterator(waiting_.begin() + count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    std::vector<Event> events;
    events.reserve(items.size());
    for (const Item& item : items) {
      if (item.event) events.push_back(*item.event);
    }
    std::vector<Receipt> receipts;
    if (!events.empty()) (void)host_.emit(events, &receipts);
    settle(items, receipts);
  }
  if (stuck_) (void)timer_.once(kAgain, [this] { store(); });
  acknowledge();
  steer();
}

// What became of each. Those that may be stored later wait again, before all others.
void Delivery::settle(std::vector<Item>& items, const std::vector<Receipt>& receipts) {
  std::vector<Item> again;
  std::size_t next = 0;
  for (Item& item : items) {
    const bool awaited = acknowledging_ && item.run == reader_.run();
    if (item.event) {
      const Receipt& receipt = receipts[next++];
      if (may_work_later(receipt)) {
        stuck_ = true;
        again.push_back(std::move(item));
        continue;
      }
      if (item.why.empty() && receipt.code != Code::ok) {
        item.event.reset();
        item.why = receipt.message;
        set_aside(item);
        again.push_back(std::move(item));
        continue;
      }
      if (item.why.empty()) events_.add();
      if (item.why.empty() && awaited) untold_ += acknowledgement(item.line, receipt);
    }
    if (!item.why.empty() && awaited) untold_ += refusal(item.line, item.why);
  }
  waiting_.insert(waiting_.begin(), std::make_move_iterator(again.begin()),
                  std::make_move_iterator(again.end()));
}

void Delivery::acknowledge() {
  while (!untold_.empty() && !deaf_ && program_.running()) {
    std::size_t length = untold_.size();
    if (length > kTellAtOnce) length = untold_.rfind('\n', kTellAtOnce) + 1;
    const Status told = program_.write(std::string_view(untold_).substr(0, length));
    if (told.code() == Code::unavailable) {
      deaf_ = true;
    } else if (told.ok()) {
      untold_.erase(0, length);
    } else {
      untold_.clear();  // it has closed its stdin: it does not want to know
    }
  }
}

void Delivery::steer() {
  if (program_.running()) (void)program_.read(!stuck_ && !deaf_, true);
}

}  // namespace bus::exec
