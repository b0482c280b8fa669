#include "core/log/repeats.h"

namespace bus::log {
namespace {

std::string key_of(Level level, std::string_view message) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(level)));
  return key.append(message.substr(0, 512));
}

}  // namespace

bool Repeats::admit(Level level, std::string_view message, Mono now, const Tell& tell) {
  end_windows(now, tell);
  std::string key = key_of(level, message);
  if (const auto found = by_message_.find(key); found != by_message_.end()) {
    return ++found->second->count <= burst_;
  }
  if (seen_.size() >= kMostMessages) return true;
  seen_.push_back({level, std::string(message.substr(0, 512)), now, 1});
  by_message_.emplace(std::move(key), std::prev(seen_.end()));
  return true;
}

void Repeats::flush(const Tell& tell) {
  for (const Seen& seen : seen_) tell_one(seen, tell);
  seen_.clear();
  by_message_.clear();
}

void Repeats::tell_one(const Seen& seen, const Tell& tell) const {
  if (seen.count > burst_) tell(seen.level, seen.message, seen.count - burst_);
}

void Repeats::end_windows(Mono now, const Tell& tell) {
  while (!seen_.empty() && now - seen_.front().since >= window_) {
    const Seen ended = std::move(seen_.front());
    seen_.pop_front();
    by_message_.erase(key_of(ended.level, ended.message));
    tell_one(ended, tell);
  }
}

}  // namespace bus::log
