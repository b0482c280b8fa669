#include "core/metrics/registry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <set>

#include "core/base/mutex.h"
#include "core/metrics/openmetrics.h"

namespace bus::metrics {

void Counter::add(double by) {
  if (counter_ != nullptr) counter_->Increment(by);
}
void Counter::raise_to(double total) {
  if (counter_ != nullptr && total > counter_->Value()) counter_->Increment(total - counter_->Value());
}
double Counter::value() const {
  return counter_ == nullptr ? 0 : counter_->Value();
}

void Gauge::set(double value) {
  if (gauge_ != nullptr) gauge_->Set(value);
}
void Gauge::add(double by) {
  if (gauge_ != nullptr) gauge_->Increment(by);
}
double Gauge::value() const {
  return gauge_ == nullptr ? 0 : gauge_->Value();
}

void Histogram::observe(double value) {
  if (histogram_ != nullptr) histogram_->Observe(value);
}

const std::vector<double>& duration_buckets() {
  static const std::vector<double> kBuckets = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
  return kBuckets;
}

struct ScrapeHook::Slot {
  Mutex mutex;
  std::function<void()> fn BUS_GUARDED_BY(mutex);

  void call() {
    MutexLock lock(mutex);
    if (fn) fn();
  }
  void drop() {
    MutexLock lock(mutex);
    fn = nullptr;
  }
};

ScrapeHook& ScrapeHook::operator=(ScrapeHook&& other) noexcept {
  if (this != &other) {
    if (slot_) slot_->drop();
    slot_ = std::move(other.slot_);
  }
  return *this;
}
ScrapeHook::~ScrapeHook() {
  if (slot_) slot_->drop();
}

struct Registry::Impl {
  struct Family {
    Kind kind = Kind::counter;
    std::set<Labels> series;
  };

  // True if the series may be made, or is there already. A refusal is counted.
  bool admit(Kind kind, std::string_view name, const Labels& labels) BUS_REQUIRES(mutex) {
    bool good = check(kind, name, labels).ok();
    if (good) {
      Family& family = families.try_emplace(std::string(name), Family{kind, {}}).first->second;
      good = family.kind == kind &&
             (family.series.contains(labels) || family.series.size() < kMaxSeriesOfOneName);
      if (good) family.series.insert(labels);
    }
    if (!good) refused->Increment();
    return good;
  }

  std::vector<prometheus::MetricFamily> collect() {
    std::vector<std::shared_ptr<ScrapeHook::Slot>> live;
    {
      MutexLock lock(mutex);
      std::erase_if(hooks, [](const auto& hook) { return hook.expired(); });
      for (const auto& hook : hooks) {
        if (auto slot = hook.lock()) live.push_back(std::move(slot));
      }
    }
    for (const auto& slot : live) slot->call();
    auto families_now = registry.Collect();
    std::sort(families_now.begin(), families_now.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return families_now;
  }

  prometheus::Registry registry;
  prometheus::Counter* refused = nullptr;
  Mutex mutex;
  std::map<std::string, Family, std::less<>> families BUS_GUARDED_BY(mutex);
  std::vector<std::weak_ptr<ScrapeHook::Slot>> hooks BUS_GUARDED_BY(mutex);
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {
  constexpr const char* kRefused = "bus_metrics_refused_total";
  impl_->refused = &prometheus::BuildCounter()
                        .Name(kRefused)
                        .Help("Series that were asked for and not made: bad name, other type, too many.")
                        .Register(impl_->registry)
                        .Add({});
  MutexLock lock(impl_->mutex);
  impl_->families[kRefused] = {Kind::counter, {Labels{}}};
}
Registry::~Registry() = default;

Counter Registry::counter(std::string_view name, std::string_view help, const Labels& labels) {
  Counter handle;
  MutexLock lock(impl_->mutex);
  if (impl_->admit(Kind::counter, name, labels)) {
    auto& family =
        prometheus::BuildCounter().Name(std::string(name)).Help(std::string(help)).Register(impl_->registry);
    handle.counter_ = &family.Add(labels);
  }
  return handle;
}

Gauge Registry::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  Gauge handle;
  MutexLock lock(impl_->mutex);
  if (impl_->admit(Kind::gauge, name, labels)) {
    auto& family =
        prometheus::BuildGauge().Name(std::string(name)).Help(std::string(help)).Register(impl_->registry);
    handle.gauge_ = &family.Add(labels);
  }
  return handle;
}

Histogram Registry::histogram(std::string_view name, std::string_view help, const Labels& labels,
                              const std::vector<double>& buckets) {
  Histogram handle;
  MutexLock lock(impl_->mutex);
  if (impl_->admit(Kind::histogram, name, labels)) {
    auto& family = prometheus::BuildHistogram()
                       .Name(std::string(name))
                       .Help(std::string(help))
                       .Register(impl_->registry);
    handle.histogram_ = &family.Add(labels, buckets);
  }
  return handle;
}

ScrapeHook Registry::on_scrape(std::function<void()> fn) {
  ScrapeHook hook;
  hook.slot_ = std::make_shared<ScrapeHook::Slot>();
  {
    MutexLock lock(hook.slot_->mutex);
    hook.slot_->fn = std::move(fn);
  }
  MutexLock lock(impl_->mutex);
  impl_->hooks.push_back(hook.slot_);
  return hook;
}

std::string Registry::text() {
  auto families = impl_->collect();
  // The serializer writes help as it is; a line break in it would be a line of its own.
  for (auto& family : families) {
    std::string help;
    for (const char c : family.help) {
      if (c == '\\') help += '\\';
      help += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    family.help = std::move(help);
  }
  return prometheus::TextSerializer().Serialize(families);
}

std::string Registry::openmetrics() {
  return to_openmetrics(impl_->collect());
}

Scrape Registry::serialize(std::string_view accept) {
  if (prefers_openmetrics(accept)) {
    return {"application/openmetrics-text; version=1.0.0; charset=utf-8", openmetrics()};
  }
  return {"text/plain; version=0.0.4; charset=utf-8", text()};
}

namespace {

// Lower case letters, digits and single underscores, beginning with a letter.
bool is_word(std::string_view name) {
  if (name.empty() || name.size() > 200 || name[0] < 'a' || name[0] > 'z') return false;
  for (const char c : name) {
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') return false;
  }
  return name.find("__") == std::string_view::npos && name.back() != '_';
}

bool ends_in(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view e) { return name.ends_with(e); });
}

}  // namespace

Status Registry::check(Kind kind, std::string_view name, const Labels& labels) {
  const std::string shown(name);
  if (!name.starts_with("bus_") || !is_word(name)) {
    return error(Code::invalid, "metric name " + shown,
                 "bus_ and lower case letters, digits and single underscores");
  }
  if (kind == Kind::counter && !name.ends_with("_total")) {
    return error(Code::invalid, "counter " + shown, "a counter's name ends in _total");
  }
  if (kind != Kind::counter && ends_in(name, {"_total", "_count", "_sum", "_bucket", "_created"})) {
    return error(Code::invalid, "metric name " + shown, "this ending is for another type of metric");
  }
  for (const auto& [label, value] : labels) {
    if (!is_word(label) || label == "le" || label == "quantile") {
      return error(Code::invalid, std::string("label ").append(label).append(" of ").append(shown),
                   "lower case letters, digits and underscores");
    }
  }
  return Ok{};
}

}  // namespace bus::metrics
