// A sink that writes the seq of each event to a file, and fails as it is told.
#include <cstdio>
#include <stdexcept>
#include <string>

#include "bus/plugin.hpp"

namespace {

class CppSink final : public bus::Sink {
 public:
  static constexpr bus::PluginInfo info{"v1_cpp_sink", "1.0.0", "A test sink in C++."};
  static constexpr bus_option options[] = {
      bus::option("path", BUS_OPT_PATH, "File to write to.", nullptr, BUS_OPT_REQUIRED),
      bus::option("trouble", BUS_OPT_ENUM, "How to fail.", "none", 0, "none|once|invalid|throw|start|denied"),
      bus::option("resume", BUS_OPT_INT, "The last event that it claims to have; 0 claims nothing.", "0"),
  };

  CppSink(bus::Host, const bus::Settings& settings)
      : path_(settings.text("path")),
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
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const bus_record& record = batch[i];
      if (trouble_ == "once" && i == 1 && tries_++ == 0) return {bus::unavailable("full"), 1, {}};
      if (trouble_ == "invalid" && bus::view(record.event->key) == "bad")
        return {bus::invalid("never"), i, {}};
      write(std::to_string(record.seq) + " " + std::string(bus::view(record.event->key)));
    }
    return {};
  }

  void stop() noexcept override { write("stop"); }

 private:
  void write(const std::string& line) const {
    if (std::FILE* file = std::fopen(path_.c_str(), "a")) {
      std::fprintf(file, "%s\n", line.c_str());
      std::fclose(file);
    }
  }

  std::string path_, trouble_;
  std::int64_t resume_;
  int tries_ = 0;
};

}  // namespace

BUS_SINK_PLUGIN(CppSink)
