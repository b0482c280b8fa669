// weather: emits a note now and then.
#include "bus/plugin.hpp"

namespace {

class Weather final : public bus::Source {
 public:
  static constexpr bus::PluginInfo info{"weather", "0.1.0", "Emits a note now and then."};
  static constexpr const char* event_types[] = {"note"};
  static constexpr bus_option options[] = {
      bus::option("text", BUS_OPT_STRING, "What the note says.", "all is well"),
      bus::option("every", BUS_OPT_DURATION, "How often; at least a second.", "1m"),
  };

  // Checks the settings and touches nothing outside.
  Weather(bus::Host host, const bus::Settings& settings)
      : host_(host), text_(settings.text("text")), every_(settings.duration("every")), timer_(host) {
    if (every_ < std::chrono::seconds(1)) throw bus::Failure(bus::invalid("every must be a second or more"));
  }

  bus::Status start() override {
    return timer_.every(every_, [this] { note(); });
  }
  void stop() noexcept override { timer_.cancel(); }

 private:
  void note() {
    bus::Event event;
    event.type = "note";
    event.scope = host_.name();
    event.summary = bus::clip(text_, 200);
    const bus::Status stored = host_.emit(event);
    if (!stored.ok()) host_.report(BUS_HEALTH_RETRYING, stored.message());
  }

  bus::Host host_;
  std::string text_;
  std::chrono::microseconds every_;
  bus::Timer timer_;
};

}  // namespace

BUS_SOURCE_PLUGIN(Weather)
