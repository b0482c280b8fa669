// A source in C++ with every ability; what it is told to do comes with the messages.
#include <stdexcept>
#include <string>
#include <utility>

#include "bus/plugin.hpp"

namespace {

class CppSource final : public bus::Source, public bus::WebhookSource, public bus::IntakeSource {
 public:
  static constexpr bus::PluginInfo info{"cpp_source", "1.2.3", "A test source in C++."};
  static constexpr const char* event_types[] = {"thing", "tick"};
  static constexpr bus_option options[] = {
      bus::option("greeting", BUS_OPT_STRING, "What to say.", "hello"),
      bus::option("every", BUS_OPT_DURATION, "How often to tick.", "1s"),
      bus::option("throw_in", BUS_OPT_ENUM, "Where to throw.", "nowhere", 0,
                  "nowhere|create|start|request|message|timer"),
  };

  CppSource(bus::Host host, const bus::Settings& settings)
      : host_(host),
        greeting_(settings.text("greeting")),
        throw_in_(settings.text("throw_in")),
        timer_(host),
        relay_(host) {
    if (throw_in_ == "create") throw std::runtime_error("thrown in create");
    if (greeting_.empty()) throw bus::Failure(bus::invalid("greeting must not be empty"));
  }

  bus::Status start() override {
    if (throw_in_ == "start") throw std::runtime_error("thrown in start");
    return timer_.every(host_.settings().duration("every"), [this] {
      if (throw_in_ == "timer") throw std::runtime_error("thrown in a timer");
      ++ticks_;
    });
  }
  void stop() noexcept override { timer_.cancel(); }

  std::vector<bus_webhook_route> routes() override {
    bus_webhook_route either = bus::webhook_route("/webhooks/either", BUS_SIGNATURE_HMAC, "hmac");
    either.header = "X-Signature", either.hash = BUS_HASH_SHA512, either.encoding = BUS_ENCODING_BASE64;
    return {bus::webhook_route("/webhooks/cpp", BUS_SIGNATURE_GITHUB_SHA256, "cpp", 1024),
            bus::webhook_route("/webhooks/open", BUS_SIGNATURE_NONE, nullptr), either,
            bus::webhook_route("/webhooks/either", BUS_SIGNATURE_BEARER, "bearer")};
  }

  bus::WebhookReply on_request(const bus::WebhookRequest& request) override {
    if (throw_in_ == "request") throw std::runtime_error("thrown in request");
    if (request.body == "teapot") return {{}, 418, R"({"error":"teapot"})"};
    if (request.body == "bad") return {bus::invalid("this body is bad"), 0, {}};
    if (request.body == "nothing") return {};
    bus::Event event;
    event.type = "thing";
    event.key = request.header("x-delivery");
    event.data = request.body;
    event.summary = greeting_;
    if (request.path == "/webhooks/either") event.summary += " (way " + std::to_string(request.route) + ")";
    return {host_.post(event), 0, {}};
  }

  bus::IntakeReply on_message(std::string_view json) override {
    if (throw_in_ == "message") throw 42;
    if (json.starts_with("{\"relay\":")) return relay(json);
    bus::Event event;
    event.type = json.find("undeclared") != json.npos ? "undeclared" : "thing";
    event.data = json;
    if (bus::Status posted = host_.post(event); !posted.ok()) return {posted, {}};
    return {{}, "{\"ticks\":" + std::to_string(ticks_) + "}"};
  }

 private:
  // {"relay":"/path","body":"…","signature":"…"}, in that order and without escapes. What became of it is
  // said by the next message.
  bus::IntakeReply relay(std::string_view json) {
    if (json == "{\"relay\":0}") return {{}, std::exchange(relayed_, "0")};
    const auto text = [json](std::string_view name) {
      const std::size_t from = json.find(name) + name.size();
      return json.substr(from, json.find('"', from) - from);
    };
    bus::Relay::Request request;
    request.path = text("\"relay\":\"");
    request.body = text("\"body\":\"");
    request.headers = {{"X-Delivery", "relayed"},
                       {"X-Hub-Signature-256", std::string(text("\"signature\":\""))}};
    return {relay_.pass(request,
                        [this](int http, std::string_view body) {
                          relayed_ = "[" + std::to_string(http) + "," + std::string(body) + "]";
                        }),
            {}};
  }

  bus::Host host_;
  std::string greeting_, throw_in_, relayed_ = "0";
  bus::Timer timer_;
  bus::Relay relay_;
  int ticks_ = 0;
};

}  // namespace

BUS_SOURCE_PLUGIN(CppSource)
