// A sink that writes the seq of each event to a file, and fails as it is told.
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "bus/plugin.hpp"

namespace {

class CppSink final : public bus::Sink {
 public:
  static constexpr bus::PluginInfo info{"cpp_sink", "1.0.0", "A test sink in C++."};
  static constexpr bus_option options[] = {
      bus::option("path", BUS_OPT_PATH, "File to write to.", nullptr, BUS_OPT_REQUIRED),
      bus::option("trouble", BUS_OPT_ENUM, "How to fail.", "none", 0,
                  "none|once|invalid|stuck|throw|start|denied|later|later_once|later_invalid|silent|gone"),
      bus::option("resume", BUS_OPT_INT, "The last event that it claims to have; 0 claims nothing.", "0"),
  };

  CppSink(bus::Host host, const bus::Settings& settings)
      : host_(host),
        later_(host),
        timer_(host),
        path_(settings.text("path")),
        trouble_(settings.text("trouble")),
        resume_(settings.integer("resume")) {}

  bus::Status start(std::uint64_t& last_seq) override {
    if (trouble_ == "start" && tries_++ == 0) return bus::unavailable("nobody there yet");
    if (trouble_ == "denied" && tries_++ == 0) return bus::denied("who are you?");
    if (resume_ != 0) last_seq = static_cast<std::uint64_t>(resume_);
    write("start " + std::to_string(last_seq));
    return {};
  }

  bus::Delivery deliver(const bus::Batch& batch) override {
    if (trouble_ == "throw" && tries_++ == 0) throw std::runtime_error("thrown in deliver");
    if (trouble_ == "silent") return bus::Later::delivery();
    if (batch.resumed()) trouble_ = "none", write("resumed");
    if (trouble_ == "gone") {
      host_.report(BUS_HEALTH_FAILED, "nobody wants it");
      return bus::Later::delivery();
    }
    if (trouble_.starts_with("later")) {
      if (later_.answer({}).code() != bus::Code::invalid) write("answered inside of deliver");
      if (!timer_.once(std::chrono::seconds(1), [this, batch] { answer(batch); }).ok()) write("no timer");
      return bus::Later::delivery();
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const bus_record& record = batch[i];
      if (trouble_ == "once" && i == 1 && tries_++ == 0) return {bus::unavailable("full"), 1, {}};
      if (trouble_ == "invalid" && bus::view(record.event->key) == "bad")
        return {bus::invalid("never"), i, {}};
      if (trouble_ == "stuck" && bus::view(record.event->key) == "stuck")
        return {bus::unavailable("not yet"), i, {}};
      write(std::to_string(record.seq) + " " + std::string(bus::view(record.event->key)) +
            (batch.out_of_turn() ? " out of turn" : ""));
    }
    return {};
  }

  void stop() noexcept override { write("stop"); }

 private:
  // The first event is told as progress, then what `trouble` wants, then the rest.
  void answer(const bus::Batch& batch) {
    take(batch, 0);
    if (!later_.progress(1).ok()) write("no progress");
    if (trouble_ == "later_once" && tries_++ == 0)
      return (void)later_.answer({bus::unavailable("full"), 1, {}});
    if (trouble_ == "later_invalid" && tries_++ == 0)
      return (void)later_.answer({bus::invalid("never"), 1, {}});
    for (std::size_t i = 1; i < batch.size(); ++i) take(batch, i);
    if (!later_.answer({}).ok()) write("no answer");
    if (later_.answer({}).code() != bus::Code::invalid) write("answered twice");
  }
  void take(const bus::Batch& batch, std::size_t i) const {
    write(std::to_string(batch[i].seq) + " " + std::string(bus::view(batch[i].event->key)));
  }
  void write(const std::string& line) const {
    if (std::FILE* file = std::fopen(path_.c_str(), "a")) {
      std::fprintf(file, "%s\n", line.c_str());
      std::fclose(file);
    }
  }

  bus::Host host_;
  bus::Later later_;
  bus::Timer timer_;
  std::string path_, trouble_;
  std::int64_t resume_;
  int tries_ = 0;
};

}  // namespace

BUS_SINK_PLUGIN(CppSink)
