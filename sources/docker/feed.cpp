#include "sources/docker/feed.h"

#include <utility>

namespace bus::docker {
namespace {

constexpr const char* kStateKey = "containers";

}  // namespace

void Feed::load() {
  told_total_ = Metric::counter(host_, "events_total", "Events handed to the host.");
  unwanted_total_ = Metric::counter(host_, "unwanted_total", "Messages left out, as configured.");
  refused_total_ = Metric::counter(host_, "refused_total", "Messages that are too large or not understood.");
  open_containers_ = Metric::gauge(host_, "open_containers", "Containers that have not ended.");
  std::optional<std::string> saved;
  if (StateStore(host_).get(kStateKey, saved).ok() && saved) saved_ = std::move(*saved);
  normalizer_.restore(saved_);
  if (normalizer_.progress_ns() == 0) {
    normalizer_.note_progress(host_.now_us());
    save();
  }
  count();
}

bool Feed::take(std::string_view bytes) {
  const std::int64_t now_us = host_.now_us();
  return splitter_.feed(bytes, [&](std::string_view json) {
    const Normalizer::Taken taken = normalizer_.take(json, now_us, batch_);
    if (taken == Normalizer::Taken::unwanted) ++unwanted_;
    if (taken == Normalizer::Taken::refused) ++refused_;
  });
}

Status Feed::flush() {
  Status stored = store();
  count();
  return stored;
}

Status Feed::tell(const std::function<void(Normalizer& normalizer, std::vector<Event>& events)>& find) {
  find(normalizer_, batch_);
  return flush();
}

Status Feed::store() {
  if (batch_.empty()) return {};
  const std::vector<Event> events = std::exchange(batch_, {});
  Status stored = host_.emit(events);
  if (stored.code() == Code::invalid) {  // the others are stored all the same, and again would not help
    host_.log(BUS_LOG_WARNING, stored.message());
    ++refused_;
    stored = {};
  }
  if (!stored.ok()) {
    normalizer_.restore(saved_);
    return stored;
  }
  told_ += events.size();
  save();
  return {};
}

void Feed::save() {
  saved_ = normalizer_.save(host_.now_us());
  if (const Status kept = StateStore(host_).put(kStateKey, saved_); !kept.ok())
    host_.log(BUS_LOG_WARNING, kept.message());
}

void Feed::count() {
  if (!told_total_) return;
  refused_ += splitter_.too_large() - std::exchange(too_large_, splitter_.too_large());
  if (told_ != 0) told_total_->add(static_cast<double>(std::exchange(told_, 0)));
  if (unwanted_ != 0) unwanted_total_->add(static_cast<double>(std::exchange(unwanted_, 0)));
  if (refused_ != 0) refused_total_->add(static_cast<double>(std::exchange(refused_, 0)));
  open_containers_->set(static_cast<double>(normalizer_.open()));
}

}  // namespace bus::docker
