#include "sources/fs/outbox.h"

#include <algorithm>
#include <atomic>
#include <span>
#include <utility>

namespace bus::fs {
namespace {

// Tells this run of this outbox from all others.
std::string prefix(Host host, const Origin& origin) {
  static std::atomic<std::uint64_t> count{0};
  return std::string(host.name()) + ":" + origin.watch + ":" + std::to_string(host.now_us()) + ":" +
         std::to_string(++count) + ":";
}

}  // namespace

Outbox::Outbox(Host host, Origin origin, bool each, std::size_t limit)
    : host_(host),
      origin_(std::move(origin)),
      each_(each),
      limit_(limit),
      key_prefix_(prefix(host, origin_)) {}

void Outbox::add(std::vector<Change> changes) {
  if (changes.empty()) return;
  if (changes_ + changes.size() > kMost) {
    if (!waiting_.empty() && waiting_.back().event) return;
    return add(gap_event(origin_, "dropped", host_.now_us()));
  }
  changes_ += changes.size();
  waiting_.push_back({std::move(changes), 0, std::nullopt, host_.now_us()});
}

void Outbox::add(Event event) {
  waiting_.push_back({{}, 0, std::move(event), 0});
}

std::string Outbox::key(std::size_t ahead) const {
  return key_prefix_ + std::to_string(number_ + ahead);
}

std::vector<Event> Outbox::piece() const {
  const Waiting& front = waiting_.front();
  std::vector<Event> events;
  const std::span<const Change> changes(front.changes);
  if (front.event) {
    events.push_back(*front.event);
  } else if (each_) {
    const std::size_t count = std::min(kPiece, changes.size() - front.next);
    events.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      events.push_back(change_event(origin_, changes.subspan(front.next + i, 1), 1, front.time_us));
    }
  } else {
    events.push_back(change_event(origin_, changes, limit_, front.time_us));
  }
  for (std::size_t i = 0; i < events.size(); ++i) events[i].key = key(i);
  return events;
}

void Outbox::sent(std::size_t events) {
  number_ += events;
  Waiting& front = waiting_.front();
  const std::size_t done = front.event ? 0 : each_ ? events : front.changes.size();
  told_ += done;
  front.next += done;
  changes_ -= done;
  if (front.next == front.changes.size()) waiting_.pop_front();
}

Status Outbox::send() {
  if (waiting_.empty()) return {};
  const std::vector<Event> events = piece();
  Status stored = host_.emit(events);
  if (stored.code() == Code::unavailable || stored.code() == Code::stopping) return stored;
  if (!stored.ok()) host_.log(BUS_LOG_ERROR, "an event was refused: " + stored.message());
  sent(events.size());
  return {};
}

}  // namespace bus::fs
