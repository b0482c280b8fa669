#include "core/host/care.h"

#include "core/log/log.h"

namespace bus::host {

Care::Care(store::Store& store, store::Retention retention, std::function<void()> before_pruning)
    : store_(store),
      retention_(retention),
      before_pruning_(std::move(before_pruning)),
      thread_([this] { run(); }) {}

Care::~Care() {
  jobs_.close();
  thread_.join();
}

void Care::run() {
  for (;;) {
    auto job = retention_.any() ? jobs_.pop_until(std::chrono::steady_clock::now() + kInterval) : jobs_.pop();
    if (job) {
      (*job)();
    } else if (jobs_.closed()) {
      return;
    } else {
      keep_within_bounds();
    }
  }
}

void Care::keep_within_bounds() {
  std::uint64_t removed = 0;
  if (before_pruning_) before_pruning_();
  for (bool more = true; more && !jobs_.closed();) {
    const auto pruned = store_.prune(retention_, kStep);
    if (!pruned) return log::warning("retention: " + pruned.error().message);
    more = pruned->more && pruned->removed != 0;
    removed += pruned->removed;
    if (pruned->removed != 0 && !store_.shrink(kStep)) return;
  }
  if (removed != 0) log::info("retention removed events", {{"events", removed}});
}

}  // namespace bus::host
