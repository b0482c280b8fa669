// The values of a plugin's secrets, at addresses that stay valid while the instance lives.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/secrets.h"
#include "core/base/mutex.h"
#include "core/base/secret.h"

namespace bus::plugin {

// Safe for concurrent use.
class SecretValues {
 public:
  explicit SecretValues(const auth::SecretStore& store) : store_(store) {}

  // The secret's values as they are now, newest first; empty if there is none. Views live as long as this.
  std::vector<std::string_view> read(const std::string& name) {
    const auto values = store_.get(name);
    std::vector<std::string_view> views;
    if (!values) return views;
    MutexLock lock(mutex_);
    for (const Secret& value : *values) views.push_back(keep(value));
    return views;
  }

 private:
  std::string_view keep(const Secret& value) BUS_REQUIRES(mutex_) {
    for (const Secret& kept : kept_) {
      if (kept.reveal() == value.reveal()) return kept.reveal();
    }
    return kept_.emplace_back(value).reveal();
  }

  const auth::SecretStore& store_;
  Mutex mutex_;
  std::deque<Secret> kept_ BUS_GUARDED_BY(mutex_);  // grows with each new value only
};

}  // namespace bus::plugin
