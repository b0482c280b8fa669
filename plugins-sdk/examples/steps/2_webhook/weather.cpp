// weather: takes the readings of a thermometer, and says when it falls silent.
#include <charconv>
#include <optional>

#include "bus/plugin.hpp"

namespace {

// A reading in degrees Celsius: "21.5". nullopt if it is none.
std::optional<double> parse_reading(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good = problem == std::errc() && end == text.data() + text.size() && value > -274 && value < 200;
  return good ? std::optional(value) : std::nullopt;
}

class Weather final : public bus::Source, public bus::WebhookSource {
 public:
  static constexpr bus::PluginInfo info{"weather", "0.2.0", "Takes the readings of a thermometer."};
  static constexpr const char* event_types[] = {"reading", "silence"};
  static constexpr bus_option options[] = {
      bus::option("secret", BUS_OPT_STRING, "Name of the secret that the thermometer sends as its token.",
                  "weather"),
      bus::option("silence", BUS_OPT_DURATION, "It is told that the thermometer was not heard for so long.",
                  "15m"),
  };

  Weather(bus::Host host, const bus::Settings& settings)
      : host_(host), secret_(settings.text("secret")), silence_(settings.duration("silence")), timer_(host) {
    if (secret_.empty()) throw bus::Failure(bus::invalid("secret must name a secret"));
    if (silence_ < std::chrono::seconds(1))
      throw bus::Failure(bus::invalid("silence must be a second or more"));
  }

  bus::Status start() override { return listen(); }
  void stop() noexcept override { timer_.cancel(); }

  std::vector<bus_webhook_route> routes() override {
    return {bus::webhook_route("/webhooks/weather", BUS_SIGNATURE_BEARER, secret_.c_str(), 64)};
  }

  bus::WebhookReply on_request(const bus::WebhookRequest& request) override {
    const std::optional<double> celsius = parse_reading(request.body);
    if (!celsius) return {bus::invalid("a reading is a number, as in 21.5"), 0, {}};
    bus::Event event;
    event.type = "reading";
    event.scope = host_.name();
    event.key = request.header("X-Reading-Id");
    event.summary = std::string(request.body) + " °C";
    event.data = "{\"celsius\":" + std::to_string(*celsius) + "}";
    if (const bus::Status posted = host_.post(event); !posted.ok()) return {posted, 0, {}};
    host_.report(BUS_HEALTH_OK);
    return {listen(), 0, {}};
  }

 private:
  // From now on silence is told once.
  bus::Status listen() {
    return timer_.once(silence_, [this] { tell_silence(); });
  }
  void tell_silence() {
    bus::Event event;
    event.type = "silence";
    event.scope = host_.name();
    event.summary = "the thermometer is silent";
    const bus::Status stored = host_.emit(event);
    host_.report(BUS_HEALTH_DEGRADED, stored.ok() ? "the thermometer is silent" : stored.message());
  }

  bus::Host host_;
  std::string secret_;
  std::chrono::microseconds silence_;
  bus::Timer timer_;
};

}  // namespace

BUS_SOURCE_PLUGIN(Weather)
