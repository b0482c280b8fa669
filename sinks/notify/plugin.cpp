// The sink `notify`: events as notifications of the desktop.
#include "bus/plugin.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sinks/notify/desktop.h"
#include "sinks/notify/note.h"
#include "sinks/notify/pace.h"

namespace bus::notify {
namespace {

constexpr std::int64_t kMostRate = 600;
constexpr std::chrono::hours kLongestTimeout{24};

class NotifySink final : public Sink {
 public:
  static constexpr PluginInfo info{"notify", "1.0.0", "Shows events as notifications of the desktop."};
  static constexpr bus_option options[] = {
      option("max_age", BUS_OPT_DURATION, "Events that came in longer ago are passed over.", "5m"),
      option("rate", BUS_OPT_INT,
             "Notifications a minute; what comes beyond that is counted in one. 0: no bound.", "12"),
      option("timeout", BUS_OPT_DURATION, "How long a notification stays; 0: as long as the desktop likes.",
             "0"),
      option("address", BUS_OPT_STRING, "Address of the D-Bus; without it the session's."),
  };

  NotifySink(Host host, const Settings& settings)
      : host_(host),
        later_(host),
        timer_(host),
        rest_timer_(host),
        max_age_(settings.duration("max_age")),
        timeout_(settings.duration("timeout")),
        desktop_(host, std::string(settings.text("address")), [this] { shown_.clear(); }),
        pace_(settings.integer("rate")) {
    if (max_age_.count() <= 0) throw Failure(invalid("max_age must be longer than nothing"));
    if (timeout_.count() < 0 || timeout_ > kLongestTimeout)
      throw Failure(invalid("timeout must be 0 to 24h"));
    const std::int64_t rate = settings.integer("rate");
    if (rate < 0 || rate > kMostRate) throw Failure(invalid("rate must be 0 to 600"));
  }

  // Without a desktop it starts all the same: what is too old by the time there is one is not worth to be
  // kept.
  Status start(std::uint64_t&) override {
    if (!later_.offered()) return fault("this host is too old: it takes no later answers");
    if (Status opened = desktop_.open(); !opened.ok()) {
      trouble_ = opened.message();
      tell_trouble();
    }
    return {};
  }

  Delivery deliver(const Batch& batch) override {
    batch_ = batch;
    next_ = 0;
    inside_ = true;
    outcome_.reset();
    advance();
    inside_ = false;
    if (!outcome_) return Later::delivery();
    if (trouble_.empty() || !outcome_->status.ok()) return *outcome_;
    // To the host the batch is well done. That nothing is shown must be said behind its back.
    if (Status armed = timer_.once({}, [this] { answer(*outcome_); }); !armed.ok()) return {std::move(armed)};
    return Later::delivery();
  }

  void stop() noexcept override {
    timer_.cancel();
    rest_timer_.cancel();
    desktop_.close();
    shown_.clear();
  }

 private:
  // From the next event to the first that is shown, whose answer goes on, or to the batch's end.
  void advance() {
    for (; next_ < batch_->size(); ++next_) {
      const bus_record& record = (*batch_)[next_];
      if (record.effect == BUS_EFFECT_REPEAT || record.effect == BUS_EFFECT_STALE)
        continue;  // nothing is new
      if (is_old(record)) {
        old_.add();
        continue;
      }
      if (!trouble_.empty() || pace_.take(host_.now_us())) return show(note_of(record));
      crowded_.add();
      ++rest_;
      show_rest_later();
    }
    finish({{}, batch_->size()});
  }

  bool is_old(const bus_record& record) const {
    return host_.now_us() - record.received_us > max_age_.count();
  }

  void show(const Note& note) {
    const Status asked = desktop_.show(note, shown_.of(note.task), timeout_ms(),
                                       [this, task = note.task](const Status& status, std::uint32_t id) {
                                         if (!status.ok()) return failed(status);
                                         trouble_.clear();
                                         notes_.add();
                                         shown_.set(task, id);
                                         ++next_;
                                         (void)later_.progress(next_);
                                         advance();
                                       });
    if (!asked.ok()) failed(asked);
  }

  // The host offers the event again, until it is shown or too old.
  void failed(const Status& why) {
    trouble_ = why.message();
    finish({unavailable(trouble_), next_});
  }

  void finish(Delivery delivery) {
    if (inside_) {
      outcome_ = std::move(delivery);
    } else {
      answer(delivery);
    }
  }

  void answer(const Delivery& delivery) {
    const bool well = delivery.status.ok();
    (void)later_.answer(delivery);
    if (well && !trouble_.empty()) tell_trouble();
  }

  void tell_trouble() const {
    host_.report(BUS_HEALTH_DEGRADED,
                 trouble_ + "; events older than max_age are passed over, the next one tries again");
  }

  void show_rest_later() {
    if (rest_timer_.armed()) return;
    const std::chrono::microseconds wait(pace_.wait_us(host_.now_us()));
    if (Status armed = rest_timer_.once(wait, [this] { show_rest(); }); !armed.ok()) rest_ = 0;
  }

  void show_rest() {
    if (rest_ == 0) return;
    if (!pace_.take(host_.now_us())) return show_rest_later();
    Note note;
    note.summary = std::to_string(rest_) + (rest_ == 1 ? " more event" : " more events");
    note.body = "They came faster than notifications may: bus events list shows them.";
    rest_ = 0;
    (void)desktop_.show(note, shown_.of(kRest), timeout_ms(), [this](const Status& status, std::uint32_t id) {
      if (status.ok()) shown_.set(kRest, id);
    });
  }

  std::int32_t timeout_ms() const {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout_).count();
    return ms == 0 ? -1 : static_cast<std::int32_t>(ms);
  }

  static Metric skipped(Host host, std::string_view reason) {
    return Metric::counter(host, "skipped_total", "Events that were not shown.", {{"reason", reason}});
  }

  static constexpr char kRest[] = "more";  // no task is called that: their ids have a colon

  Host host_;
  Later later_;
  Timer timer_, rest_timer_;
  const std::chrono::microseconds max_age_, timeout_;
  Desktop desktop_;
  Pace pace_;
  Shown shown_;
  const Metric notes_ = Metric::counter(host_, "shown_total", "Notifications that the desktop has taken.");
  const Metric old_ = skipped(host_, "old"), crowded_ = skipped(host_, "rate");

  std::optional<Batch> batch_;
  std::size_t next_ = 0;  // the first event that is not dealt with
  std::size_t rest_ = 0;  // events that were beyond the rate
  bool inside_ = false;   // of deliver
  std::optional<Delivery> outcome_;
  std::string trouble_;  // why nothing is shown; empty: all is well
};

}  // namespace
}  // namespace bus::notify

BUS_SINK_PLUGIN(bus::notify::NotifySink)
