// A source in C++ with every ability; what it is told to do comes with the messages.
#include <stdexcept>
#include <string>

#include "bus/plugin.hpp"

namespace {

class CppSource final : public bus::Source, public bus::WebhookSource, public bus::IntakeSource {
 public:
  static constexpr bus::PluginInfo info{"v1_cpp_source", "1.2.3", "A test source in C++."};
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
        timer_(host) {
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
    return {{"/webhooks/cpp", "POST", 1024, BUS_SIGNATURE_GITHUB_SHA256, 0, "cpp", nullptr},
            {"/webhooks/open", "POST", 0, BUS_SIGNATURE_NONE, 0, nullptr, nullptr}};
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
    return {host_.post(event), 0, {}};
  }

  bus::IntakeReply on_message(std::string_view json) override {
    if (throw_in_ == "message") throw 42;
    bus::Event event;
    event.type = json.find("undeclared") != json.npos ? "undeclared" : "thing";
    event.data = json;
    if (bus::Status posted = host_.post(event); !posted.ok()) return {posted, {}};
    return {{}, "{\"ticks\":" + std::to_string(ticks_) + "}"};
  }

 private:
  bus::Host host_;
  std::string greeting_, throw_in_;
  bus::Timer timer_;
  int ticks_ = 0;
};

}  // namespace

BUS_SOURCE_PLUGIN(CppSource)
