// A FakePluginHost whose plugin has threads: one call at a time, and the test looks at it under the same
// lock.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>

#include "tests/support/fake_plugin_host.h"

namespace bus::nats {

class LockedHost {
 public:
  explicit LockedHost(const bus_plugin& plugin) : fake_(plugin), table_(*fake_.table()) {
    real_ = fake_.table();
    table_.emit = [](void* self, const bus_event* all, std::size_t count, bus_receipt* receipts,
                     bus_error* error) {
      const std::lock_guard lock(mutex_);
      return real_->emit(self, all, count, receipts, error);
    };
    table_.log = [](void* self, std::int32_t level, bus_text line) {
      const std::lock_guard lock(mutex_);
      real_->log(self, level, line);
    };
    table_.report_state = [](void* self, std::int32_t health, bus_text reason) {
      const std::lock_guard lock(mutex_);
      real_->report_state(self, health, reason);
    };
    table_.setting_count = [](void* self, const char* name) {
      const std::lock_guard lock(mutex_);
      return real_->setting_count(self, name);
    };
    table_.setting_text = [](void* self, const char* name, std::size_t index, bus_text* value) {
      const std::lock_guard lock(mutex_);
      return real_->setting_text(self, name, index, value);
    };
    table_.setting_int = [](void* self, const char* name, std::int64_t* value) {
      const std::lock_guard lock(mutex_);
      return real_->setting_int(self, name, value);
    };
  }

  const bus_host* table() const { return &table_; }
  // Calls look(FakePluginHost&) under the lock.
  template <class Look>
  auto with(Look look) {
    const std::lock_guard lock(mutex_);
    return look(fake_);
  }

 private:
  // One host at a time.
  static inline std::mutex mutex_;
  static inline const bus_host* real_ = nullptr;
  testing::FakePluginHost fake_;
  bus_host table_;
};

}  // namespace bus::nats
