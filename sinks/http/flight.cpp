#include "sinks/http/flight.h"

#include <algorithm>
#include <utility>

namespace bus::http {

void Flight::begin(const Batch& batch) {
  for (std::size_t i = failed_at_; failure_ && i < states_.size(); ++i) {
    if (states_[i] == State::arrived) ahead_.insert(seqs_[i]);
  }
  // Order is by seq, so what lies before this batch does not come again.
  ahead_.erase(ahead_.begin(), ahead_.lower_bound(batch[0].seq));
  states_.assign(batch.size(), State::waiting);
  seqs_.resize(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    seqs_[i] = batch[i].seq;
    if (ahead_.count(seqs_[i]) != 0) states_[i] = State::arrived;
  }
  failure_.reset();
  stopped_ = false;
  on_their_way_ = 0;
  front_ = 0;
  set({0, 0}, State::arrived);
}

std::optional<std::size_t> Flight::next() const {
  if (failure_ || stopped_) return std::nullopt;
  const auto found =
      std::find(states_.begin() + static_cast<std::ptrdiff_t>(front_), states_.end(), State::waiting);
  if (found == states_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - states_.begin());
}

std::size_t Flight::run(std::size_t first) const {
  std::size_t end = first;
  while (end < states_.size() && states_[end] == State::waiting) ++end;
  return end - first;
}

void Flight::set(Range range, State state) {
  std::fill_n(states_.begin() + static_cast<std::ptrdiff_t>(range.first), range.count, state);
  while (front_ < states_.size() && states_[front_] == State::arrived) ++front_;
}

void Flight::sent(Range range) {
  ++on_their_way_;
  set(range, State::sent);
}

void Flight::arrived(Range range) {
  --on_their_way_;
  set(range, State::arrived);
}

void Flight::returned(Range range) {
  --on_their_way_;
  set(range, State::waiting);
}

void Flight::failed(Range range, Delivery why) {
  --on_their_way_;
  set(range, State::waiting);
  if (failure_ && failed_at_ < range.first) return;
  failed_at_ = range.first;
  failure_ = std::move(why);
}

std::optional<Delivery> Flight::answer() const {
  if (on_their_way_ != 0 || stopped_) return std::nullopt;
  if (failure_) {
    Delivery out = *failure_;
    out.accepted = front_;
    return out;
  }
  if (front_ < states_.size()) return std::nullopt;
  return Delivery{{}, states_.size()};
}

}  // namespace bus::http
