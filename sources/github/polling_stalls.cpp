// The poller's part in jobs that stall: what webhooks and answers say of them, and the clock.
#include <algorithm>
#include <chrono>

#include "sources/github/polling.h"

namespace bus::github {
namespace {

constexpr std::chrono::seconds kSaveAfter{5};
constexpr std::int64_t kTellAgain = 5'000'000;

}  // namespace

void Polling::heard(const Event& event, std::int64_t now_us) {
  // Other events come in without these where a hook does not send them.
  const bool of_a_run = event.task && (event.task->kind == "run" || event.task->kind == "job");
  if (of_a_run) poller_.webhook(event.scope, now_us);
  if (stalls_.note(event, now_us)) save_stalls_later();
}

void Polling::arm_stalls() {
  const auto due = stalls_.due_us();
  if (!due) return stall_.cancel();
  const std::int64_t pause = std::max<std::int64_t>(*due - host_.now_us(), 1000);
  (void)stall_.once(std::chrono::microseconds(pause), [this] { tell_stalls(); });
}

void Polling::tell_stalls() {
  const std::vector<Event> late = stalls_.overdue(host_.now_us());
  std::vector<Receipt> receipts;
  if (!late.empty()) {
    if (const Status stored = host_.emit(late, &receipts); !stored.ok() && stored.code() != Code::invalid) {
      host_.log(BUS_LOG_WARNING, "a stalled job is not told: " + stored.message());
      (void)stall_.once(std::chrono::microseconds(kTellAgain), [this] { tell_stalls(); });
      return;
    }
  }
  for (std::size_t i = 0; i < late.size() && i < receipts.size(); ++i) {
    const bool moved = receipts[i].code == Code::ok && receipts[i].effect == Effect::moved;
    stalls_.told(late[i].task->id, moved);
    if (moved && stalled_) stalled_->add();
  }
  if (!late.empty()) save_stalls();
  arm_stalls();
}

// A burst of jobs is one write.
void Polling::save_stalls_later() {
  if (!save_.armed()) (void)save_.once(kSaveAfter, [this] { save_stalls(); });
  arm_stalls();
}

void Polling::save_stalls() {
  if (const Status put = state_.put("stalls", stalls_.save()); !put.ok())
    host_.log(BUS_LOG_WARNING, "the jobs that may stall are not saved: " + put.message());
}

}  // namespace bus::github
