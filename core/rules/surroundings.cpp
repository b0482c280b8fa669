#include "core/rules/surroundings.h"

#include <utility>

#include "core/event/trace.h"

namespace bus::rules {

int Lineage::depth(std::string_view traceparent) const {
  if (!event::is_traceparent(traceparent)) return 0;
  const auto known = depths_.find(std::string(event::span_id(traceparent)));
  return known == depths_.end() ? 0 : known->second;
}

void Lineage::note(std::string_view traceparent, int depth) {
  std::string span(event::span_id(traceparent));
  if (!depths_.emplace(span, depth).second) return;
  order_.push_back(std::move(span));
  if (order_.size() <= kKept) return;
  depths_.erase(order_.front());
  order_.pop_front();
}

bool Slots::take(std::function<void()> again) {
  if (free_ > 0) {
    --free_;
    return true;
  }
  waiting_.push_back(std::move(again));
  return false;
}

void Slots::give() {
  ++free_;
  if (waiting_.empty()) return;
  const auto again = std::move(waiting_.front());
  waiting_.pop_front();
  again();
}

}  // namespace bus::rules
