// my_sink: writes the summary of each event to a file, a line each.
#include <cstdio>

#include "bus/plugin.hpp"

namespace {

class MySink final : public bus::Sink {
 public:
  static constexpr bus::PluginInfo info{"my_sink", "0.1.0", "Writes summaries to a file."};
  static constexpr bus_option options[] = {
      bus::option("path", BUS_OPT_PATH, "The file; lines are added to it.", nullptr, BUS_OPT_REQUIRED),
  };

  // Checks the settings and touches nothing outside.
  MySink(bus::Host, const bus::Settings& settings) : path_(settings.text("path")) {}
  ~MySink() override { stop(); }

  bus::Status start(std::uint64_t&) override {
    stop();
    file_ = std::fopen(path_.c_str(), "ae");
    return file_ != nullptr ? bus::Status() : bus::unavailable(path_ + " cannot be opened");
  }

  // At least once: after a crash a batch may come again, with the same ids.
  bus::Delivery deliver(const bus::Batch& batch) override {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::string_view summary = bus::view(batch[i].event->summary);
      std::fprintf(file_, "%llu %.*s\n", static_cast<unsigned long long>(batch[i].seq),
                   static_cast<int>(summary.size()), summary.data());
    }
    if (std::fflush(file_) != 0) return {bus::unavailable(path_ + " cannot be written"), 0, {}};
    return {{}, batch.size(), {}};
  }

  void stop() noexcept override {
    if (file_ != nullptr) std::fclose(file_);
    file_ = nullptr;
  }

 private:
  std::string path_;
  std::FILE* file_ = nullptr;
};

}  // namespace

BUS_SINK_PLUGIN(MySink)
