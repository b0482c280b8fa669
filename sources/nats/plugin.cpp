// The source `nats`: the events of other buses, out of a JetStream stream.
#include "bus/plugin.hpp"

#include <optional>
#include <string>
#include <utility>

#include "sources/nats/consumer.h"
#include "sources/nats/origin.h"

namespace bus::nats {
namespace {

class NatsSource final : public Source {
 public:
  static constexpr PluginInfo info{"nats", "1.0.0",
                                   "Events of other buses, through a NATS JetStream stream."};
  // Whatever the other buses' sources tell of.
  static constexpr const char* event_types[] = {"*"};
  static constexpr bus_option options[] = {
      kUrlOption,
      kCredentialsOption,
      kTokenOption,
      kUserOption,
      kPasswordOption,
      kTlsOption,
      kTlsCaOption,
      kTlsCertificateOption,
      kTlsKeyOption,
      kStreamOption,
      option("subject", BUS_OPT_STRING, "Which messages of the stream to take; * and > are wildcards.",
             "bus.>"),
      option(
          "durable", BUS_OPT_STRING,
          "The name of the consumer on the server that keeps this bus's place in the stream. Without it bus_ "
          "and the origin."),
      option("from", BUS_OPT_ENUM,
             "Where a consumer that is new begins: first, with everything that the stream keeps, or now.",
             "first", 0, "first|now"),
      kOriginOption,
  };

  NatsSource(Host host, const Settings& settings) : consumer_(host, read_settings(settings)) {}

  Status start() override {
    consumer_.start();
    return {};
  }
  void stop() noexcept override { consumer_.stop(); }

 private:
  static ConsumerSettings read_settings(const Settings& settings) {
    ConsumerSettings out;
    out.origin = configured_origin(settings);
    out.stream = settings.text("stream");
    out.subject = settings.text("subject");
    out.durable = settings.has("durable") ? std::string(settings.text("durable")) : "bus_" + out.origin;
    out.from_now = settings.text("from") == "now";
    if (!is_stream(out.stream)) throw Failure(invalid("stream must be letters, digits, _ and -"));
    if (!is_stream(out.durable)) throw Failure(invalid("durable must be letters, digits, _ and -"));
    if (out.subject.empty() || out.subject.find_first_of(" \t\r\n") != std::string::npos)
      throw Failure(invalid("subject must be a subject of NATS"));
    return out;
  }
  // The server takes more; these need no quoting anywhere.
  static bool is_stream(std::string_view name) {
    return name.size() <= 128 && is_origin(name.substr(0, 64)) &&
           (name.size() <= 64 || is_origin(name.substr(64)));
  }

  Consumer consumer_;
};

}  // namespace
}  // namespace bus::nats

BUS_SOURCE_PLUGIN(bus::nats::NatsSource)
