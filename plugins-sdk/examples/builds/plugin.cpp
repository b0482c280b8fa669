// builds: asks a build service what it is building, and tells what has changed.
#include <optional>
#include <string>

#include "normalize.h"

namespace builds {

class Builds final : public bus::Source {
 public:
  static constexpr bus::PluginInfo info{"builds", "1.0.0", "Builds of a build service, found by asking."};
  static constexpr const char* event_types[] = {"build"};
  static constexpr bus_option options[] = {
      bus::option("url", BUS_OPT_STRING, "Where the service's API is.", nullptr, BUS_OPT_REQUIRED),
      bus::option("token", BUS_OPT_STRING, "Name of the secret with the token; without it none is sent.",
                  nullptr, BUS_OPT_SECRET),
      bus::option("every", BUS_OPT_DURATION, "How often it is asked; at least a second.", "30s"),
  };

  Builds(bus::Host host, const bus::Settings& settings)
      : host_(host),
        url_(settings.text("url")),
        every_(settings.duration("every")),
        timer_(host),
        http_(host),
        state_(host),
        odd_(bus::Metric::counter(host, "odd_builds_total", "Builds that could not be read.")) {
    if (!url_.starts_with("https://") && !url_.starts_with("http://"))
      throw bus::Failure(bus::invalid("url must begin with https:// or http://"));
    if (every_ < std::chrono::seconds(1)) throw bus::Failure(bus::invalid("every must be a second or more"));
  }

  bus::Status start() override {
    std::optional<std::string> etag;
    if (bus::Status read = state_.get("etag", etag); !read.ok()) return read;
    etag_ = etag.value_or("");
    if (bus::Status armed = timer_.every(every_, [this] { ask(); }); !armed.ok()) return armed;
    ask();
    return {};
  }
  void stop() noexcept override {
    timer_.cancel();
    http_.cancel_all();
  }

 private:
  void ask() {
    if (http_.waiting() != 0) return;  // the last question is not answered yet
    bus::Http::Request request{.url = url_ + "/builds"};
    if (!etag_.empty()) request.headers.emplace_back("If-None-Match", etag_);
    const std::string_view token = host_.settings().text("token");
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + std::string(token));
    const bus::Status sent = http_.send(request, [this](const bus::Http::Answer& answer) { take(answer); });
    if (!sent.ok()) host_.report(BUS_HEALTH_RETRYING, sent.message());
  }

  void take(const bus::Http::Answer& answer) {
    if (!answer.status.ok()) return host_.report(BUS_HEALTH_RETRYING, answer.status.message());
    if (answer.http == 304) return host_.report(BUS_HEALTH_OK);
    if (answer.http == 401 || answer.http == 403)
      return host_.report(BUS_HEALTH_WAITING, "the service does not take the token");
    if (answer.http != 200)
      return host_.report(BUS_HEALTH_RETRYING, "the service answers " + std::to_string(answer.http));
    Reading reading;
    if (bus::Status read = read_builds(answer.body, reading); !read.ok())
      return host_.report(BUS_HEALTH_RETRYING, read.message());
    odd_.add(static_cast<double>(reading.odd));
    if (!reading.events.empty()) {
      if (bus::Status stored = host_.emit(reading.events); !stored.ok())
        return host_.report(BUS_HEALTH_RETRYING, stored.message());
    }
    // After the events that it covers: if we crash in between, they are asked for again and known.
    etag_ = answer.header("ETag");
    const bus::Status saved = state_.put("etag", etag_);
    host_.report(saved.ok() ? BUS_HEALTH_OK : BUS_HEALTH_DEGRADED, saved.message());
  }

  bus::Host host_;
  std::string url_, etag_;
  std::chrono::microseconds every_;
  bus::Timer timer_;
  bus::Http http_;
  bus::StateStore state_;
  bus::Metric odd_;
};

}  // namespace builds

BUS_SOURCE_PLUGIN(builds::Builds)
