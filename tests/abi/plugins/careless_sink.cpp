// A sink that hands its batches to a server and is wrong in the way that its setting names: bus-plugin-check
// must find each.
#include <string>
#include <utility>

#include "bus/plugin.hpp"

namespace {

class CarelessSink final : public bus::Sink {
 public:
  static constexpr bus::PluginInfo info{"careless_sink", "1", "A test sink that is wrong."};
  static constexpr bus_option options[] = {bus::option("how", BUS_OPT_STRING, "What it does wrong.", "well")};

  CarelessSink(bus::Host host, const bus::Settings& settings)
      : how_(settings.text("how")), http_(host), later_(host) {}
  bus::Status start(std::uint64_t&) override { return {}; }
  void stop() noexcept override { http_.cancel_all(); }

  bus::Delivery deliver(const bus::Batch& batch) override {
    if (how_ == "accepts_too_much") return {bus::unavailable("not now"), batch.size() + 1};
    body_.clear();
    for (std::size_t i = 0; i < batch.size(); ++i) body_.append(bus::view(batch[i].json)).append("\n");
    again_ = how_ == "carries_twice";
    const bus::Status sent = send();
    return sent.ok() ? bus::Later::delivery() : bus::Delivery{sent};
  }

 private:
  bus::Status send() {
    return http_.send({.url = "https://far.example/", .method = "POST", .body = body_},
                      [this](const bus::Http::Answer& answer) { settle(answer); });
  }
  void settle(const bus::Http::Answer& answer) {
    const bool taken = answer.status.ok() && answer.http < 300, not_now = answer.http >= 500;
    if (taken && std::exchange(again_, false)) {
      (void)send();
    } else if (how_ == "hides_a_refusal" || (taken && how_ != "refuses_what_is_taken")) {
      (void)later_.answer({bus::Status()});
    } else if (not_now && how_ != "gives_up_at_once") {
      (void)later_.answer({bus::unavailable("it does not take it now")});
    } else {
      (void)later_.answer({bus::invalid("it never takes it")});
    }
  }

  std::string how_, body_;
  bus::Http http_;
  bus::Later later_;
  bool again_ = false;
};

}  // namespace

BUS_SINK_PLUGIN(CarelessSink)
