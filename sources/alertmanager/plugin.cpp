// The source `alertmanager`: alerts as Prometheus' Alertmanager posts them, and silence where they should
// come.
#include "bus/plugin.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sources/alertmanager/hearing.h"
#include "sources/alertmanager/normalize.h"

namespace bus::alertmanager {
namespace {

constexpr std::uint64_t kBodyCap = 16u << 20;
constexpr const char* kHearingKey = "hearing";  // of the durable values
constexpr std::chrono::seconds kAgain(10);      // until silence that could not be stored is told again

class AlertmanagerSource final : public Source, public WebhookSource {
 public:
  static constexpr PluginInfo info{"alertmanager", "1.0.0",
                                   "Alerts of Prometheus' Alertmanager, and watchdogs that fall silent."};
  static constexpr const char* event_types[] = {"prometheus_alert", "prometheus_watchdog",
                                                "prometheus_truncated"};
  static constexpr bus_option options[] = {
      option("authentication", BUS_OPT_LIST,
             "How Alertmanager proves who it is: bearer, basic, header or hmac; of several any is enough. A "
             "word may "
             "be followed by = and the name of a secret; without it the secret has the instance's name.",
             nullptr, BUS_OPT_REQUIRED),
      option("path", BUS_OPT_STRING,
             "Path of the HTTP server that takes notifications; /webhooks/ and the instance's "
             "name unless it is set."),
      option("token_header", BUS_OPT_STRING, "The header that holds the secret, for header."),
      option("token_prefix", BUS_OPT_STRING, "What stands before the secret in that header."),
      option("signature_header", BUS_OPT_STRING, "The header that holds the HMAC of the body, for hmac.",
             "X-Hub-Signature-256"),
      option("signature_prefix", BUS_OPT_STRING, "What stands before the hex digits in that header.",
             "sha256="),
      option("watchdogs", BUS_OPT_LIST,
             "Alerts that always fire, as name or name{label=\"value\"}: their silence is told."),
      option("watchdog_silence", BUS_OPT_DURATION,
             "A watchdog that was not heard for this long is unknown. Longer than Alertmanager's "
             "repeat_interval for "
             "it, and group_interval.",
             "10m"),
  };

  AlertmanagerSource(Host host, const Settings& settings)
      : host_(host),
        normalizer_(read_watchdogs(settings)),
        silence_(settings.duration("watchdog_silence")),
        timer_(host) {
    path_ = settings.text("path");
    if (path_.empty()) path_ = "/webhooks/" + std::string(host.name());
    if (path_[0] != '/') throw Failure(invalid("path must begin with /"));
    if (silence_ < std::chrono::seconds(1)) throw Failure(invalid("watchdog_silence must be 1s or more"));
    Authentication::Form form;
    form.token_header = settings.text("token_header");
    form.token_prefix = settings.text("token_prefix");
    form.signature_header = settings.text("signature_header");
    form.signature_prefix = settings.text("signature_prefix");
    const Status read = authentication_.read(settings.list("authentication"), host.name(), std::move(form));
    if (!read.ok()) throw Failure(read);
  }

  Status start() override {
    alerts_ = Metric::counter(host_, "alerts_total", "Alerts taken.");
    refused_ = Metric::counter(host_, "refused_total", "Notifications refused after a good authentication.");
    left_out_ =
        Metric::counter(host_, "left_out_total", "Alerts that Alertmanager left out of its notifications.");
    silent_ = Metric::gauge(host_, "silent_watchdogs", "Watchdogs that should be heard and are not.");
    last_ = Metric::gauge(host_, "last_notification_seconds", "When the last one was taken, Unix time.");
    if (normalizer_.watchdogs().empty()) return {};
    std::vector<std::string> names;
    names.reserve(normalizer_.watchdogs().size());
    for (const Matcher& matcher : normalizer_.watchdogs()) names.push_back(matcher.text());
    hearing_.emplace(std::move(names), silence_.count(), host_.now_us());
    std::optional<std::string> saved;
    if (Status got = StateStore(host_).get(kHearingKey, saved); !got.ok()) return got;
    if (saved) hearing_->restore(*saved, host_.now_us());
    remember();
    return listen();
  }

  void stop() noexcept override { timer_.cancel(); }

  std::vector<bus_webhook_route> routes() override { return authentication_.routes(path_.c_str(), kBodyCap); }

  WebhookReply on_request(const WebhookRequest& request) override {
    auto made = normalizer_.normalize(request.body);
    if (const auto* refusal = std::get_if<Refusal>(&made)) return refuse(*refusal);
    auto& reading = std::get<Reading>(made);
    for (const Heard& heard : reading.heard) {
      reading.events[heard.event].key = key_of(heard.watchdog, heard.firing ? "firing" : "resolved");
    }
    if (reading.events.empty()) return {};
    if (Status posted = host_.post(reading.events); !posted.ok()) return {posted, 0, {}};
    count(reading, request.received_us);
    if (!reading.heard.empty()) take_heard(reading.heard);
    return {};
  }

 private:
  static std::vector<Matcher> read_watchdogs(const Settings& settings) {
    std::vector<Matcher> all;
    for (const std::string_view text : settings.list("watchdogs")) {
      auto matcher = Matcher::parse(text);
      if (!matcher)
        throw Failure(invalid("watchdogs: '" + std::string(text) + "' is not name or name{label=\"value\"}"));
      const bool twice = std::any_of(all.begin(), all.end(),
                                     [&](const Matcher& one) { return one.text() == matcher->text(); });
      if (twice) throw Failure(invalid("watchdogs: '" + matcher->text() + "' is there twice"));
      all.push_back(std::move(*matcher));
    }
    return all;
  }

  WebhookReply refuse(const Refusal& refusal) {
    if (refused_) refused_->add();
    std::string body = R"({"error":{"code":")";
    body.append(refusal.code).append(R"(","message":")").append(refusal.message).append(R"("}})");
    return {{}, 400, std::move(body)};
  }

  void count(const Reading& reading, std::int64_t received_us) {
    if (alerts_) alerts_->add(static_cast<double>(reading.events.size() - (reading.left_out > 0 ? 1 : 0)));
    if (left_out_ && reading.left_out > 0) left_out_->add(static_cast<double>(reading.left_out));
    if (last_) last_->set(static_cast<double>(received_us) / 1e6);
  }

  // One for all that is heard between two silences. Another instance has watchdogs of its own.
  std::string key_of(std::size_t watchdog, std::string_view what) const {
    return std::string(host_.name()) + "/watchdog/" + normalizer_.watchdogs()[watchdog].text() + "/" +
           std::to_string(hearing_->episode(watchdog)) + "/" + std::string(what);
  }

  void take_heard(const std::vector<Heard>& all) {
    for (const Heard& heard : all) {
      if (heard.firing) {
        hearing_->heard(heard.watchdog, host_.now_us());
      } else {
        hearing_->lost(heard.watchdog, host_.now_us());
      }
    }
    remember();
    if (Status armed = listen(); !armed.ok()) host_.report(BUS_HEALTH_DEGRADED, armed.message());
  }

  void remember() {
    if (Status saved = StateStore(host_).put(kHearingKey, hearing_->save()); !saved.ok())
      host_.log(BUS_LOG_WARNING, "the watchdogs' times are not saved: " + saved.message());
  }

  // Says which are silent, and sleeps until the next one would be.
  Status listen() {
    std::string silent;
    std::size_t number = 0;
    for (std::size_t i = 0; i < normalizer_.watchdogs().size(); ++i) {
      if (!hearing_->silent(i)) continue;
      silent.append(number++ == 0 ? "not heard: " : ", ").append(normalizer_.watchdogs()[i].text());
    }
    if (silent_) silent_->set(static_cast<double>(number));
    host_.report(number == 0 ? BUS_HEALTH_OK : BUS_HEALTH_DEGRADED, silent);
    const auto due = hearing_->due_us();
    if (!due) return timer_.cancel(), Status();
    const std::chrono::microseconds wait(std::max<std::int64_t>(*due - host_.now_us(), 0));
    return timer_.once(wait, [this] { tell_silent(); });
  }

  void tell_silent() {
    const std::vector<std::size_t> late = hearing_->overdue(host_.now_us());
    std::vector<Event> events;
    events.reserve(late.size());
    for (const std::size_t watchdog : late) events.push_back(silence_of(watchdog));
    if (!events.empty()) {
      if (Status stored = host_.emit(events); !stored.ok()) {
        host_.log(BUS_LOG_WARNING, "a watchdog's silence is not stored: " + stored.message());
        (void)timer_.once(kAgain, [this] { tell_silent(); });
        return;
      }
    }
    for (const std::size_t watchdog : late) hearing_->lost(watchdog, host_.now_us());
    if (!late.empty()) remember();
    if (Status armed = listen(); !armed.ok()) host_.report(BUS_HEALTH_DEGRADED, armed.message());
  }

  Event silence_of(std::size_t watchdog) const {
    const Matcher& matcher = normalizer_.watchdogs()[watchdog];
    Event event;
    event.type = "prometheus_watchdog";
    event.subject = "watchdog/" + matcher.text();
    event.key = key_of(watchdog, "silent");
    event.summary = "watchdog " + matcher.text() + " is silent: nobody knows whether alerts still come";
    Task& task = event.task.emplace();
    task.id = watchdog_task_id(matcher);
    task.kind = "watchdog";
    task.name = matcher.name();
    task.state = State::unknown;
    task.detail = "silent";
    return event;
  }

  Host host_;
  Normalizer normalizer_;
  std::chrono::microseconds silence_;
  std::string path_;
  Authentication authentication_;
  std::optional<Hearing> hearing_;  // with watchdogs, from start on
  Timer timer_;
  std::optional<Metric> alerts_, refused_, left_out_, silent_, last_;
};

}  // namespace
}  // namespace bus::alertmanager

BUS_SOURCE_PLUGIN(bus::alertmanager::AlertmanagerSource)
