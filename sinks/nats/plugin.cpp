// The sink `nats`: events into a JetStream stream, for other buses and for whoever else reads there.
#include "bus/plugin.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sinks/nats/publisher.h"
#include "sources/nats/origin.h"

namespace bus::nats {
namespace {

constexpr std::chrono::milliseconds kAckWait(4'000);  // the host's patience at stop is 5 s

class NatsSink final : public Sink {
 public:
  static constexpr PluginInfo info{"nats_sink", "1.0.0", "Publishes events to a NATS JetStream stream."};
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
      option("create_stream", BUS_OPT_BOOL, "Make the stream if it is not there.", "false"),
      option("max_age", BUS_OPT_DURATION, "How long a stream that is made keeps messages; 0s: for ever.",
             "168h"),
      option("subject", BUS_OPT_STRING,
             "The subject of a message. {origin}, {source}, {type} and {scope} are filled in.",
             "bus.{origin}.{source}.{type}"),
      option("body", BUS_OPT_ENUM,
             "native: the event in bus's own JSON form, whole. cloudevents: as a CloudEvent, for others than "
             "bus.",
             "native", 0, "native|cloudevents"),
      option("forward", BUS_OPT_BOOL, "Also send events that came in through the source nats.", "false"),
      kOriginOption,
  };

  NatsSink(Host host, const Settings& settings)
      : writer_(settings.text("subject"),
                settings.text("body") == "cloudevents" ? BodyForm::cloudevents : BodyForm::native,
                settings.boolean("forward")),
        publisher_(host, read_settings(settings)),
        kept_back_(
            Metric::counter(host, "kept_back_total", "Events that came in through NATS and are not sent.")) {
    writer_.set_origin(configured_origin(settings));
  }

  Status start(std::uint64_t&) override { return publisher_.open(writer_.subject().wildcard()); }
  void stop() noexcept override { publisher_.close(); }

  Delivery deliver(const Batch& batch) override {
    if (Status opened = publisher_.open(writer_.subject().wildcard()); !opened.ok())
      return {std::move(opened)};
    std::vector<Envelope> out;
    std::vector<std::size_t> places;  // in the batch
    out.reserve(batch.size());
    places.reserve(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Envelope one;
      if (!writer_.write(batch[i], one)) continue;
      out.push_back(std::move(one));
      places.push_back(i);
    }
    std::size_t accepted = 0;
    Status sent = publisher_.publish(out, accepted);
    const std::size_t here = accepted < places.size() ? places[accepted] : batch.size();
    kept_back_.add(static_cast<double>(here - accepted));
    return {std::move(sent), here};
  }

 private:
  static PublisherSettings read_settings(const Settings& settings) {
    PublisherSettings out;
    out.stream = settings.text("stream");
    if (!is_origin(out.stream)) throw Failure(invalid("stream must be letters, digits, _ and -"));
    out.create = settings.boolean("create_stream");
    out.max_age = std::chrono::duration_cast<std::chrono::seconds>(settings.duration("max_age"));
    out.ack_wait = kAckWait;
    return out;
  }

  EnvelopeWriter writer_;
  Publisher publisher_;
  Metric kept_back_;
};

}  // namespace
}  // namespace bus::nats

BUS_SINK_PLUGIN(bus::nats::NatsSink)
