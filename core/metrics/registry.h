// The program's metrics: counters, gauges and histograms, and their text for Prometheus. METRICS.md names
// every series.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace bus::metrics {

// Handles are pointers: copied freely, safe for concurrent use, one atomic operation, valid while the
// Registry lives. A handle that was never made, or that the registry refused, does nothing.
class Counter {
 public:
  Counter() = default;
  void add(double by = 1);  // by >= 0
  // For totals that somebody else counts: raises the counter to `total`, never lowers it. One thread at a
  // time.
  void raise_to(double total);
  double value() const;

 private:
  friend class Registry;
  prometheus::Counter* counter_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  void set(double value);
  void add(double by = 1);  // may be negative
  double value() const;

 private:
  friend class Registry;
  prometheus::Gauge* gauge_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  void observe(double value);

 private:
  friend class Registry;
  prometheus::Histogram* histogram_ = nullptr;
};

using Labels = std::map<std::string, std::string>;

// Upper bounds in seconds, from 100 µs to 30 s.
const std::vector<double>& duration_buckets();

// Keeps a scrape callback registered; when it goes, the callback is not called any more and is not running.
class ScrapeHook {
 public:
  ScrapeHook() = default;
  ScrapeHook(ScrapeHook&&) noexcept = default;
  ScrapeHook& operator=(ScrapeHook&& other) noexcept;
  ~ScrapeHook();

 private:
  friend class Registry;
  struct Slot;
  std::shared_ptr<Slot> slot_;
};

struct Scrape {
  std::string content_type;
  std::string body;
};

inline constexpr std::size_t kMaxSeriesOfOneName = 1000;

// Safe for concurrent use.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The series of that name and those labels; made when it is not there yet, the same one otherwise. What
  // check() refuses, a name that is there with another type, and a series beyond kMaxSeriesOfOneName get a
  // handle that does nothing, and are counted in bus_metrics_refused_total.
  Counter counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram histogram(std::string_view name, std::string_view help, const Labels& labels = {},
                      const std::vector<double>& buckets = duration_buckets());

  // Calls `fn` before each scrape, on the scraper's thread, so that it sets what is computed only then.
  // `fn` must not scrape, nor add or drop hooks.
  [[nodiscard]] ScrapeHook on_scrape(std::function<void()> fn);

  std::string text();         // Prometheus text format 0.0.4
  std::string openmetrics();  // OpenMetrics 1.0
  // The form that an HTTP Accept header asks for; text() unless it prefers OpenMetrics.
  Scrape serialize(std::string_view accept);

  enum class Kind { counter, gauge, histogram };
  // Names are bus_ and lower case letters, digits and single underscores; a counter's ends in _total,
  // another's does not. Labels are such names, too, without the bus_; "le", "quantile" and leading
  // underscores are reserved.
  static Status check(Kind kind, std::string_view name, const Labels& labels);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bus::metrics
