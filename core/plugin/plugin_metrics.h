// The series that a plugin declares for itself (bus.metric/1), bounded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/metrics/registry.h"

namespace bus::plugin {

// Safe for concurrent use.
class PluginMetrics {
 public:
  PluginMetrics(metrics::Registry& registry, std::string plugin)
      : registry_(registry), plugin_(std::move(plugin)) {}

  // The number of the series bus_<plugin>_<name>{labels}, from 1. The same again gives the same number.
  Result<std::uint64_t> declare(bool counter, const std::string& name, const std::string& help,
                                const metrics::Labels& labels);
  // Unknown numbers, a negative amount for a counter, and set() of a counter do nothing.
  void add(std::uint64_t series, double amount);
  void set(std::uint64_t series, double value);

 private:
  struct Series {
    std::string name;
    metrics::Labels labels;
    bool is_counter = false;
    metrics::Counter counter;
    metrics::Gauge gauge;
  };
  Series find(std::uint64_t series) const;

  metrics::Registry& registry_;
  const std::string plugin_;
  mutable Mutex mutex_;
  std::vector<Series> series_ BUS_GUARDED_BY(mutex_);
};

}  // namespace bus::plugin
