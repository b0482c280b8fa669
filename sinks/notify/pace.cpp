#include "sinks/notify/pace.h"

#include <algorithm>
#include <cmath>

namespace bus::notify {
namespace {

constexpr double kMinute = 60e6;

}  // namespace

void Pace::fill(std::int64_t now_us) {
  const auto passed = static_cast<double>(std::max<std::int64_t>(now_us - filled_us_, 0));
  notes_ = std::min(static_cast<double>(rate_), notes_ + passed * static_cast<double>(rate_) / kMinute);
  filled_us_ = now_us;
}

bool Pace::take(std::int64_t now_us) {
  if (rate_ == 0) return true;
  fill(now_us);
  if (notes_ < 1) return false;
  notes_ -= 1;
  return true;
}

std::int64_t Pace::wait_us(std::int64_t now_us) {
  if (rate_ == 0) return 0;
  fill(now_us);
  return notes_ >= 1 ? 0 : std::llround(std::ceil((1 - notes_) * kMinute / static_cast<double>(rate_)));
}

std::uint32_t Shown::of(const std::string& task) const {
  const auto found = notes_.find(task);
  return found == notes_.end() ? 0 : found->second;
}

void Shown::set(const std::string& task, std::uint32_t note) {
  if (task.empty()) return;
  if (notes_.insert_or_assign(task, note).second) order_.push_back(task);
  if (order_.size() <= kMost) return;
  notes_.erase(order_.front());
  order_.pop_front();
}

void Shown::clear() {
  notes_.clear();
  order_.clear();
}

}  // namespace bus::notify
