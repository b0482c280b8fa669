// C++ layer: the host's small durable values and its metrics.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/cpp/host.hpp"

namespace bus {
inline namespace sdk {

// Small durable values. Safe on any thread, after start.
class StateStore {
 public:
  explicit StateStore(Host host) : host_(host), table_(host.extension<bus_state>(BUS_EXT_STATE)) {}

  // nullopt in `value` if there is none.
  Status get(std::string_view key, std::optional<std::string>& value) const {
    value.reset();
    if (table_ == nullptr) return absent();
    std::string buffer(512, '\0');
    for (;;) {
      std::size_t length = BUS_STATE_MISSING;
      bus_error error = empty_error();
      const std::int32_t code =
          table_->get(host_.c()->self, sdk::text(key), buffer.data(), buffer.size(), &length, &error);
      if (code != BUS_OK) return status_of(code, error);
      if (length == BUS_STATE_MISSING) return {};
      const bool whole = length <= buffer.size();
      buffer.resize(length);
      if (!whole) continue;
      value = std::move(buffer);
      return {};
    }
  }
  Status put(std::string_view key, std::string_view value) const {
    if (table_ == nullptr) return absent();
    bus_error error = empty_error();
    return status_of(table_->put(host_.c()->self, sdk::text(key), sdk::text(value), &error), error);
  }
  Status remove(std::string_view key) const {
    if (table_ == nullptr) return absent();
    bus_error error = empty_error();
    return status_of(table_->remove(host_.c()->self, sdk::text(key), &error), error);
  }

 private:
  static Status absent() { return {Code::unavailable, "the host offers no durable values"}; }
  Host host_;
  const bus_state* table_;
};

// One series of the plugin's own. Copied freely; safe on any thread. Without the extension it does nothing.
class Metric {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  static Metric counter(Host host, const char* name, const char* help, Labels labels = {}) {
    return Metric(host, BUS_METRIC_COUNTER, name, help, labels);
  }
  static Metric gauge(Host host, const char* name, const char* help, Labels labels = {}) {
    return Metric(host, BUS_METRIC_GAUGE, name, help, labels);
  }
  void add(double amount = 1) const {
    if (series_ != 0) table_->add(host_.c()->self, series_, amount);
  }
  void set(double value) const {
    if (series_ != 0) table_->set(host_.c()->self, series_, value);
  }

 private:
  Metric(Host host, bus_metric_kind kind, const char* name, const char* help, Labels labels)
      : host_(host), table_(host.extension<bus_metric>(BUS_EXT_METRIC)) {
    if (table_ == nullptr) return;
    std::vector<bus_label> pairs;
    for (const auto& [key, value] : labels) pairs.push_back({sdk::text(key), sdk::text(value)});
    table_->declare(host_.c()->self, kind, name, help, pairs.data(), pairs.size(), &series_, nullptr);
  }
  Host host_;
  const bus_metric* table_;
  std::uint64_t series_ = 0;
};

}  // namespace sdk
}  // namespace bus
