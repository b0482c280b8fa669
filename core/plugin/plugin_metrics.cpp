#include "core/plugin/plugin_metrics.h"

#include <cmath>

#include "bus/plugin.h"
#include "core/base/text.h"

namespace bus::plugin {

Result<std::uint64_t> PluginMetrics::declare(bool counter, const std::string& name, const std::string& help,
                                             const metrics::Labels& labels) {
  const std::string full = "bus_" + plugin_ + "_" + name;
  const auto kind = counter ? metrics::Registry::Kind::counter : metrics::Registry::Kind::gauge;
  if (Status checked = metrics::Registry::check(kind, full, labels); !checked)
    return std::move(checked).error();
  MutexLock lock(mutex_);
  for (std::size_t i = 0; i < series_.size(); ++i) {
    if (series_[i].name != name) continue;
    if (series_[i].is_counter != counter) return error(Code::invalid, full + " is there with another kind");
    if (series_[i].labels == labels) return std::uint64_t{i + 1};
  }
  if (series_.size() >= BUS_METRIC_MAX_SERIES)
    return error(Code::invalid, "a plugin may have 64 series at most");
  Series made{name, labels, counter, {}, {}};
  if (counter) {
    made.counter = registry_.counter(full, printable(help), labels);
  } else {
    made.gauge = registry_.gauge(full, printable(help), labels);
  }
  series_.push_back(std::move(made));
  return std::uint64_t{series_.size()};
}

PluginMetrics::Series PluginMetrics::find(std::uint64_t series) const {
  MutexLock lock(mutex_);
  return series == 0 || series > series_.size() ? Series{} : series_[series - 1];
}

void PluginMetrics::add(std::uint64_t series, double amount) {
  if (!std::isfinite(amount)) return;
  Series one = find(series);
  if (one.is_counter && amount >= 0) one.counter.add(amount);
  if (!one.is_counter) one.gauge.add(amount);
}

void PluginMetrics::set(std::uint64_t series, double value) {
  if (Series one = find(series); !one.is_counter) one.gauge.set(value);
}

}  // namespace bus::plugin
