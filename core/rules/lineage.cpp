#include "core/rules/lineage.h"

#include <algorithm>
#include <utility>

#include "core/event/trace.h"
#include "core/rules/run_events.h"

namespace bus::rules {

int Lineage::depth(std::string_view traceparent) const {
  if (!event::is_traceparent(traceparent)) return 0;
  const auto known = depths_.find(std::string(event::span_id(traceparent)));
  return known == depths_.end() ? 0 : known->second;
}

void Lineage::note(std::string_view traceparent, int depth) {
  if (!event::is_traceparent(traceparent)) return;
  std::string span(event::span_id(traceparent));
  if (!depths_.emplace(span, depth).second) return;
  order_.push_back(std::move(span));
  if (order_.size() <= kKept) return;
  depths_.erase(order_.front());
  order_.pop_front();
}

int depth_told(std::string_view source, json::Node data) {
  if (source != kOnSource && source != kRuleSource) return 0;
  return static_cast<int>(
      std::clamp<std::int64_t>(data["depth"].integer().value_or(1), 1, Lineage::kDeepest));
}

}  // namespace bus::rules
